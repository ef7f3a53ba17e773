package deploy

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"reflect"
	"slices"

	"helm.sh/helm/v3/pkg/release"
)

// A record is a release as helm keeps it in a secret: JSON, compressed by gzip,
// in base64. Here the JSON is compressed in several gzip members, which every gzip
// reader takes for one stream: the head, which changes with each state of a
// revision, and the body (see members), which does not and is by far the larger
// one. So a body is encoded once, not for each state.
type recordHead struct {
	Name      string          `json:"name,omitempty"`
	Info      *release.Info   `json:"info,omitempty"`
	Hooks     []*release.Hook `json:"hooks,omitempty"`
	Version   int             `json:"version,omitempty"`
	Namespace string          `json:"namespace,omitempty"`
}

// roomyRecord is up to how many bytes a record may be compressed the fast way. A
// secret holds 1 MiB: where space matters it is compressed as helm does it.
const roomyRecord = 512 << 10

// scarceRecord is from how many bytes on each one counts: 768 KiB are 1 MiB in base64.
const scarceRecord = 700 << 10

// record is the content of a secret.
func (m *members) record(r *release.Release, body []byte) ([]byte, error) {
	text, err := json.Marshal(recordHead{r.Name, r.Info, r.Hooks, r.Version, r.Namespace})
	if err != nil {
		return nil, err
	}
	text[len(text)-1] = ',' // the body goes on
	head, err := m.compress(text, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.AppendEncode(nil, append(head, body...)), nil
}

// decodeRecord reads what helm or members.record wrote. Very old records are not
// compressed.
func decodeRecord(data []byte) (*release.Release, error) {
	text, err := base64.StdEncoding.AppendDecode(nil, data)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(text, []byte{0x1f, 0x8b, 0x08}) {
		r, err := gzip.NewReader(bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		if text, err = io.ReadAll(r); err != nil {
			return nil, err
		}
	}
	rel := &release.Release{}
	if err := json.Unmarshal(text, rel); err != nil {
		return nil, err
	}
	return rel, nil
}

// sameBody says whether two states of a revision share what does not change.
func sameBody(a, b *release.Release) bool {
	return a.Chart == b.Chart && a.Manifest == b.Manifest &&
		reflect.ValueOf(a.Config).Pointer() == reflect.ValueOf(b.Config).Pointer()
}

// cloneRelease copies what Helm's actions write into. Chart, values and manifest
// are shared.
func cloneRelease(r *release.Release) *release.Release {
	out := *r
	if r.Info != nil {
		info := *r.Info
		out.Info = &info
	}
	out.Labels = maps.Clone(r.Labels)
	out.Hooks = slices.Clone(r.Hooks)
	for i, h := range out.Hooks {
		hook := *h
		hook.DeletePolicies = slices.Clone(h.DeletePolicies)
		out.Hooks[i] = &hook
	}
	return &out
}
