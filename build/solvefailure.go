package build

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/command"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/solver/errdefs"
)

var (
	// wrapping is what each layer of BuildKit and gRPC puts before the reason.
	wrapping = regexp.MustCompile(`^(failed to solve( with frontend [\w.]+)?|failed to build LLB|failed to create LLB definition|failed to load LLB|rpc error: code = \w+ desc =|Error response from daemon|error from sender|failed to read dockerfile):? `)
	// heading is where BuildKit says a step stands: "[linux/amd64 web 2/5] ".
	heading = regexp.MustCompile(`^\[(?:([^\]]*) )?\s*(\d+)/(\d+)\] `)
)

// solveFailure names the line of the Dockerfile that a build failed on.
func (j job) solveFailure(err error, log *solveLog, dockerfile []byte, mask *strings.Replacer) *BuildError {
	message := err.Error()
	for wrapping.MatchString(message) {
		message = wrapping.ReplaceAllString(message, "")
	}
	e := &BuildError{Image: j.src.Name, Dockerfile: j.src.Dockerfile, Message: mask.Replace(message), Line: sourceLine(err)}
	digest := ""
	var at *errdefs.VertexError
	if errors.As(err, &at) {
		digest = at.Digest
	}
	v := log.failed(digest)
	if v == nil {
		v = &vertex{lines: &lineWriter{}}
	}
	if ref, ok := strings.CutPrefix(v.name, "load metadata for "); ok && v.internal {
		e.Step, e.Line = j.baseOf(ref)
	} else if strings.HasPrefix(v.name, "resolve image config for ") {
		if syntax, _, at, ok := parser.DetectSyntax(dockerfile); ok && len(at) > 0 {
			e.Step, e.Line = "# syntax="+syntax, at[0].Start.Line
			e.Message += "; without this line docker's own frontend is used, and nothing fetched"
		}
	} else if !v.internal {
		e.Step, e.Output = heading.ReplaceAllString(v.name, ""), v.lines.text()
	}
	if m := saidLine.FindStringSubmatch(message); m != nil && e.Line == 0 {
		e.Line, _ = strconv.Atoi(m[1])
	}
	if e.Line == 0 {
		e.Line = lineOf(string(dockerfile), stepState{}) // of a mistake in its form
	}
	if e.Line == 0 {
		e.Line = headingLine(string(dockerfile), v.name)
	}
	return e
}

// sourceLine is the line that BuildKit gives with an error, or 0.
func sourceLine(err error) int {
	sources := errdefs.Sources(err)
	for i := len(sources) - 1; i >= 0; i-- {
		for _, r := range sources[i].Ranges {
			if r.Start.Line > 0 {
				return int(r.Start.Line)
			}
		}
	}
	return 0
}

// baseOf is the instruction that first needs a base image, given as the daemon
// spells it, and its line.
func (j job) baseOf(ref string) (step string, line int) {
	bases, err := j.src.BasesOf()
	if err != nil {
		return "FROM " + ref, 0
	}
	for _, base := range bases {
		if full, err := Canonical(base.Name); err == nil && full == ref {
			return "FROM " + base.Name, base.Line
		}
	}
	return "FROM " + ref, 0
}

// headingLine is the line of the step with a heading such as "[web 2/3] COPY . .",
// which older daemons give alone: the second of the three of the stage named web.
// A stage without a name is stage-N, or nothing where there is only one. The base
// image is a step where it is no stage and not scratch.
func headingLine(dockerfile, step string) int {
	m := heading.FindStringSubmatch(step)
	parsed, err := parser.Parse(strings.NewReader(dockerfile))
	if m == nil || err != nil {
		return 0
	}
	index, _ := strconv.Atoi(m[2])
	total, _ := strconv.Atoi(m[3])
	words := strings.Fields(m[1]) // platform and stage, each only where there are several
	stage, here := -1, false
	var from int
	var lines []int
	for _, node := range parsed.AST.Children {
		switch strings.ToLower(node.Value) {
		case command.From:
			stage++
			name := fmt.Sprintf("stage-%d", stage)
			if from := wordsOf(node); len(from) == 3 {
				name = strings.ToLower(from[2])
			}
			if here = len(words) == 0 || words[len(words)-1] == name; here {
				from, lines = node.StartLine, nil
			}
		case command.Run, command.Copy, command.Add, command.Workdir:
			if here {
				lines = append(lines, node.StartLine)
			}
		}
	}
	index -= 1 + total - len(lines)
	if index < 0 {
		return from
	}
	if index >= len(lines) {
		return 0
	}
	return lines[index]
}
