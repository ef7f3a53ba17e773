package build

import (
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// saidLine finds the line in a complaint about a Dockerfile's form.
var saidLine = regexp.MustCompile(`(?i)parse error (?:on )?line (\d+)`)

// failure names the line of the Dockerfile that a build failed on.
func (s source) failure(at stepState, reason string) *BuildError {
	e := &BuildError{Image: s.Name, Dockerfile: s.Dockerfile, Step: at.text, Message: reason, Output: at.output}
	if m := saidLine.FindStringSubmatch(reason); m != nil {
		e.Line, _ = strconv.Atoi(m[1])
		return e
	}
	text, err := os.ReadFile(s.Dockerfile)
	if err != nil {
		return e // it went meanwhile: the failure is still worth telling without a line
	}
	e.Line = lineOf(string(text), at)
	return e
}

// lineOf is the line where a step of the classic builder begins, or where the
// Dockerfile has its mistake when it cannot be read; 0 when there is neither.
// The builder counts every instruction, those of earlier stages and ARGs before
// the first FROM included, so step n is the n-th instruction of the file.
func lineOf(dockerfile string, at stepState) int {
	parsed, err := parser.Parse(strings.NewReader(dockerfile))
	if err != nil {
		var located *parser.LocationError
		if errors.As(err, &located) && len(located.Locations) > 0 && len(located.Locations[0]) > 0 {
			return located.Locations[0][0].Start.Line
		}
		return 0
	}
	if at.number < 1 || at.number > len(parsed.AST.Children) {
		return 0
	}
	return parsed.AST.Children[at.number-1].StartLine
}
