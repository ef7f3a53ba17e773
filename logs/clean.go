package logs

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Clean makes a container's text safe to show. Colours (SGR sequences) stay when
// colour is true and are ended with the text; every other control sequence or
// character goes, so that nothing moves the cursor, clears the screen, sets the
// title or writes to the clipboard. Of a line that was drawn over with carriage
// returns, as progress bars are, the last state stays. Tabs and line ends stay.
func Clean(text string, colour bool) string {
	if !hasControls(text) {
		return text
	}
	if strings.IndexByte(text, '\r') >= 0 {
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			lines[i] = lastDrawn(line)
		}
		text = strings.Join(lines, "\n")
	}
	coloured := false
	text = sequences.ReplaceAllStringFunc(text, func(s string) string {
		if colour && colours.MatchString(s) {
			coloured = true
			return s
		}
		return ""
	})
	text = strings.Map(func(r rune) rune {
		if isControl(r) && r != '\x1b' {
			return -1
		}
		return r
	}, text)
	if coloured {
		text += "\x1b[0m"
	}
	return text
}

// isControl: C0 and C1 without tab and line end, and what turns the direction
// of text around.
func isControl(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' || r >= 0x7f && r < 0xa0 || r == '\u202d' || r == '\u202e'
}

// hasControls is quick for text of printable ASCII, which is most.
func hasControls(text string) bool {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < ' ' && c != '\t' && c != '\n' || c == 0x7f {
			return true
		} else if c >= utf8.RuneSelf {
			return strings.IndexFunc(text[i:], isControl) >= 0
		}
	}
	return false
}

// lastDrawn is what the last carriage return that something follows leaves.
func lastDrawn(line string) string {
	line = strings.TrimRight(line, "\r")
	return line[strings.LastIndexByte(line, '\r')+1:]
}

// sequences are the control sequences of ECMA-48: CSI; the strings OSC, DCS, SOS,
// PM and APC with all they hold; those with intermediate bytes, which choose
// character sets; and those of two characters. A lone escape is one too.
var sequences = regexp.MustCompile(`(\x1b\[|\x{9b})[0-?]*[ -/]*[@-~]?|(\x1b[\]PX^_]|[\x{9d}\x{90}\x{98}\x{9e}\x{9f}])[^\x07\x1b\x{9c}\n]*(\x07|\x1b\\|\x{9c})?|\x1b[ -/]+[0-~]?|\x1b[0-~]?`)

var colours = regexp.MustCompile(`^\x1b\[[0-9;:]*m$`)
