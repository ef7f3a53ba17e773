package deploy

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"io"
	"sync"

	"helm.sh/helm/v3/pkg/release"
)

// memberKey is the digest of what a member holds, and how it is compressed.
type memberKey struct {
	sum   [sha256.Size]byte
	level int
}

// members remembers what parts of records compress to. A chart's files and its
// manifest make up nearly all of a record, and of these a revision changes little.
// It is safe for concurrent use.
type members struct {
	known recent[memberKey, []byte]
	fast  sync.Pool // of *gzip.Writer at BestSpeed: a new one takes 800 KB
}

func newMembers() *members {
	return &members{known: recent[memberKey, []byte]{most: rememberedText}}
}

func (m *members) compress(text []byte, level int) ([]byte, error) {
	var b bytes.Buffer
	w, ok := (*gzip.Writer)(nil), false
	if level == gzip.BestSpeed {
		w, ok = m.fast.Get().(*gzip.Writer)
	}
	if ok {
		w.Reset(&b)
	} else {
		var err error
		if w, err = gzip.NewWriterLevel(&b, level); err != nil {
			return nil, err
		}
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if level == gzip.BestSpeed {
		m.fast.Put(w)
	}
	return b.Bytes(), nil
}

// compressed is a gzip member of what write writes; said is what that depends on.
func (m *members) compressed(level int, said func(*teller), text func() ([]byte, error)) ([]byte, error) {
	h := &teller{Hash: sha256.New()}
	said(h)
	key := memberKey{level: level}
	h.Sum(key.sum[:0])
	if member, ok := m.known.get(key); ok {
		return member, nil
	}
	raw, err := text()
	if err != nil {
		return nil, err
	}
	member, err := m.compress(raw, level)
	if err != nil {
		return nil, err
	}
	m.known.put(key, member, len(member))
	return member, nil
}

// body is what does not change from one state of a revision to the next: its
// chart, values and manifest, as the JSON that follows a recordHead, compressed in
// as many gzip members as there are large parts, and in one where space is scarce.
func (m *members) body(r *release.Release) ([]byte, error) {
	body, err := m.bodyAt(r, gzip.BestSpeed)
	if err != nil || len(body) <= roomyRecord {
		return body, err
	}
	if body, err = m.bodyAt(r, gzip.BestCompression); err != nil || len(body) <= scarceRecord {
		return body, err
	}
	// Several members are some percent larger than one: a release that helm can
	// record must not be too large here.
	text, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	whole, err := io.ReadAll(text)
	if err != nil {
		return nil, err
	}
	return m.compress(whole, gzip.BestCompression)
}

func (m *members) bodyAt(r *release.Release, level int) ([]byte, error) {
	w := &bodyWriter{members: m, level: level}
	if r.Chart != nil {
		w.json(`"chart":{"metadata":`, r.Chart.Metadata)
		w.json(`,"lock":`, r.Chart.Lock)
		w.json(`,"values":`, r.Chart.Values)
		w.json(`,"schema":`, r.Chart.Schema)
		w.files(`,"templates":`, r.Chart.Templates)
		w.files(`,"files":`, r.Chart.Files)
		w.text.WriteString(`},`)
	}
	if len(r.Config) > 0 {
		w.json(`"config":`, r.Config)
		w.text.WriteByte(',')
	}
	w.text.WriteString(`"manifest":"`)
	w.manifest(r.Manifest)
	w.text.WriteString(`"}`)
	w.flush()
	return w.out, w.err
}
