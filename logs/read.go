package logs

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"time"
)

// maxLine is the longest text delivered as one Line. It bounds the memory that
// a container writing no line ends can cost.
const maxLine = 2 << 20

// lineReader splits a container's log, asked for with timestamps, into lines.
type lineReader struct {
	from *bufio.Reader
	buf  []byte
	at   time.Time // of the line whose first part was returned already
	cut  bool      // the next bytes continue that line
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{from: bufio.NewReaderSize(r, 32<<10)}
}

// ready reports whether next has a line without waiting for the network.
func (l *lineReader) ready() bool {
	there, _ := l.from.Peek(l.from.Buffered())
	return bytes.IndexByte(there, '\n') >= 0
}

// errNoTime: what the kubelet says itself, such as that it cannot find the log
// of a container, has no timestamp.
var errNoTime = errors.New("a line without a timestamp")

// next returns the next line. At the end of the log, whole is false and the
// text is what follows the last line end, with the error that ended it.
func (l *lineReader) next() (at time.Time, text string, whole bool, err error) {
	if cap(l.buf) > 64<<10 {
		l.buf = nil // one long line must not cost its size for ever
	}
	l.buf = l.buf[:0]
	for {
		part, err := l.from.ReadSlice('\n')
		l.buf = append(l.buf, part...)
		switch {
		case err == nil:
			l.buf = l.buf[:len(l.buf)-1]
			at, text, perr := l.parse(false)
			return at, text, true, perr
		case errors.Is(err, bufio.ErrBufferFull):
			if len(l.buf) >= maxLine {
				at, text, perr := l.parse(true)
				return at, text, true, perr
			}
		default:
			at, text, perr := l.parse(false)
			if perr != nil {
				text = ""
			}
			return at, text, false, err
		}
	}
}

// parse takes the line in buf apart: "2006-01-02T15:04:05.000000000Z text".
func (l *lineReader) parse(more bool) (time.Time, string, error) {
	line := l.buf
	if !l.cut {
		stamp, text, found := bytes.Cut(line, []byte(" "))
		at, err := time.Parse(time.RFC3339Nano, string(stamp))
		if err != nil {
			return time.Time{}, string(line), errNoTime
		}
		if !found {
			text = nil
		}
		l.at, line = at, text
	}
	l.cut = more
	if !more {
		line = bytes.TrimSuffix(line, []byte("\r"))
	}
	return l.at, strings.ToValidUTF8(string(line), "\uFFFD"), nil
}
