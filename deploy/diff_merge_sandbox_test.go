//go:build sandbox

package deploy

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// before has something done right before a dry run.
type before struct {
	http.RoundTripper
	do func()
}

func (b *before) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPatch && strings.Contains(r.URL.RawQuery, "dryRun") {
		b.do()
	}
	return b.RoundTripper.RoundTrip(r)
}

// A controller may write an object between the read and the dry run. That is
// neither drift nor what the release does.
func TestDiffLeavesOutWhatIsWrittenMeanwhile(t *testing.T) {
	s := newSandbox(t)
	rel := s.idle(t)
	s.apply(t, rel)
	once := sync.OnceFunc(func() {
		s.edit(t, cmResource, "config", `{"metadata":{"annotations":{"controller":"was here"}}}`)
	})
	c := s.through(t, func(next http.RoundTripper) http.RoundTripper { return &before{next, once} })
	rel.Set["who"] = "another"
	d, err := c.Diff(t.Context(), rel)
	if err != nil {
		t.Fatal(err)
	}
	expectDiff(t, d, "upgraded", "update ConfigMap/config")
	metadata := func(object map[string]any) any { return object["metadata"] }
	if diff := cmp.Diff(metadata(d.Objects[0].Before), metadata(d.Objects[0].After)); diff != "" {
		t.Errorf("metadata (-before +after):\n%s", diff)
	}
}
