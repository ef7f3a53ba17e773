package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
)

// memberSize is from how many bytes on a run of files or documents may become a gzip
// member of its own. Deflate looks back 32 KiB, so larger ones save little space.
const memberSize = 32 << 10

// ends says whether a run of this size ends with the file or document of this name.
// That the name decides keeps the runs behind an edit what they were.
func ends(size int, name string) bool {
	h := fnv.New32a()
	_, _ = io.WriteString(h, name) // never fails
	return size >= memberSize && h.Sum32()%8 == 0 || size >= 4*memberSize
}

// bodyWriter collects small parts and what it has compressed.
type bodyWriter struct {
	*members
	level int
	text  bytes.Buffer // not compressed yet
	out   []byte
	err   error
}

// json adds a value that seldom changes with the others, or is small.
func (w *bodyWriter) json(before string, v any) {
	text, err := json.Marshal(v)
	w.text.WriteString(before)
	w.text.Write(text)
	if w.err == nil {
		w.err = err
	}
	if w.text.Len() >= memberSize {
		w.flush()
	}
}

// files adds a list of files.
func (w *bodyWriter) files(before string, files []*chart.File) {
	w.text.WriteString(before)
	if files == nil {
		w.text.WriteString("null")
		return
	}
	w.text.WriteByte('[')
	for first := true; len(files) > 0; first = false {
		n, size, end := 0, 0, false
		for ; n < len(files) && !end; n++ {
			if f := files[n]; f != nil {
				size += len(f.Data)
				end = ends(size, f.Name)
			}
		}
		run := files[:n]
		files = files[n:]
		if !first {
			w.text.WriteByte(',')
		}
		w.part(size, func(h *teller) {
			for _, f := range run {
				sayFile(h, f)
			}
		}, run)
	}
	w.text.WriteByte(']')
}

// manifest adds the content of a JSON string, cut between documents.
func (w *bodyWriter) manifest(text string) {
	for len(text) > 0 {
		run := text
		for size := 0; size < len(text); {
			i := strings.Index(text[size:], "\n---\n")
			if i < 0 {
				break
			}
			size += i + len("\n---\n")
			if source, _, _ := strings.Cut(text[size:], "\n"); ends(size, source) {
				run = text[:size]
				break
			}
		}
		text = text[len(run):]
		w.part(len(run), func(h *teller) { h.say("text"); h.say(run) },
			run)
	}
}

// part adds what is inside the brackets or quotes of a value's JSON: by itself where
// it is large. said tells the value to a hash.
func (w *bodyWriter) part(size int, said func(*teller), v any) {
	text := func() ([]byte, error) {
		text, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		return text[1 : len(text)-1], nil
	}
	if size >= memberSize/8 {
		w.flush()
		w.add(said, text)
		return
	}
	small, err := text()
	w.text.Write(small)
	if w.err == nil {
		w.err = err
	}
}

// flush compresses what was collected.
func (w *bodyWriter) flush() {
	if w.text.Len() == 0 {
		return
	}
	text := bytes.Clone(w.text.Bytes())
	w.text.Reset()
	w.add(func(h *teller) { h.say("json"); h.Write(text) }, func() ([]byte, error) { return text, nil })
}

func (w *bodyWriter) add(said func(*teller), text func() ([]byte, error)) {
	if w.err != nil {
		return
	}
	member, err := w.compressed(w.level, said, text)
	w.out, w.err = append(w.out, member...), err
}

// sayFile tells a file to a hash, with the lengths that part it from the next.
func sayFile(h *teller, f *chart.File) {
	if f == nil {
		h.say("none")
		return
	}
	fmt.Fprintf(h, "file %d %d %t ", len(f.Name), len(f.Data), f.Data == nil)
	h.say(f.Name)
	h.Write(f.Data)
}

// teller is a hash that takes texts without a copy of all of them.
type teller struct {
	hash.Hash
	buf [4096]byte
}

func (t *teller) say(text string) {
	for len(text) > 0 {
		n := copy(t.buf[:], text)
		t.Write(t.buf[:n])
		text = text[n:]
	}
}
