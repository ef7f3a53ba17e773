package logs

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// Record is a line that a logging library wrote as a JSON object.
type Record struct {
	Level   Level
	Message string
	Fields  []Field // the others, in their order
}

// Field is a key and its value: the text of a string, JSON of anything else.
type Field struct{ Key, Value string }

// The keys of slog, zap, zerolog, logrus, pino and bunyan, klog, hclog, structlog,
// Python's json loggers, log4j's and logback's JSON layouts, and the Elastic
// Common Schema. Keys are compared without case.
const (
	levelKeys   = "level lvl severity levelname loglevel log_level log.level @level"
	messageKeys = "msg message @message short_message event"
	timeKeys    = "time ts timestamp @timestamp t date datetime"
)

// ParseRecord takes a JSON object with a level or a message apart. ok is false
// for every other text.
func ParseRecord(text string) (r Record, ok bool) {
	text = strings.TrimSpace(text)
	if len(text) < 2 || text[0] != '{' || text[len(text)-1] != '}' || !json.Valid([]byte(text)) {
		return Record{}, false
	}
	leveled, messaged, timed, verbosity := false, false, false, ""
	for rest := text[1 : len(text)-1]; ; {
		key, value, after, found := member(rest)
		if !found {
			break
		}
		rest = after
		name := strings.ToLower(plain(key))
		switch {
		case !leveled && among(levelKeys, name):
			if r.Level = levelOf(plain(value)); r.Level != Unknown {
				leveled = true
				continue
			}
		case !messaged && among(messageKeys, name) && value[0] == '"':
			r.Message, messaged = plain(value), true
			continue
		case !timed && among(timeKeys, name) && value[0] != '{' && value[0] != '[':
			timed = true
			continue
		case name == "v":
			verbosity = value
		}
		r.Fields = append(r.Fields, Field{plain(key), plain(value)})
	}
	// klog has no level: errors have no v, see k8s.io/component-base/logs/json.
	if !leveled && timed && messaged {
		r.Level = klogLevel(verbosity, r.Fields)
	}
	return r, leveled || messaged
}

func klogLevel(verbosity string, fields []Field) Level {
	if v, err := strconv.Atoi(verbosity); err == nil {
		if v >= 4 {
			return Debug
		}
		return Info
	}
	for _, f := range fields {
		if f.Key == "err" || f.Key == "error" {
			return Error
		}
	}
	return Unknown
}

func among(keys, name string) bool {
	for key := range strings.SplitSeq(keys, " ") {
		if key == name {
			return true
		}
	}
	return false
}

// member cuts the first member off the inside of a JSON object that is known to
// be valid.
func member(text string) (key, value, rest string, ok bool) {
	text = strings.TrimLeft(text, " \t\r\n,")
	if text == "" {
		return "", "", "", false
	}
	n := length(text)
	key, text = text[:n], strings.TrimLeft(text[n:], " \t\r\n:")
	n = length(text)
	return key, text[:n], text[n:], true
}

// length of the JSON value with which text begins.
func length(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',', ' ', '\t', '\r', '\n', ':':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(text)
}

// plain is the text of a JSON string, and any other value as it is, on one line.
func plain(value string) string {
	if value[0] != '"' {
		if strings.ContainsAny(value, "\r\n") {
			var b bytes.Buffer
			if json.Compact(&b, []byte(value)) == nil {
				return b.String()
			}
		}
		return value
	}
	if strings.IndexByte(value, '\\') < 0 {
		return value[1 : len(value)-1]
	}
	var s string
	if json.Unmarshal([]byte(value), &s) != nil {
		return value
	}
	return s
}
