package deploy

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage/driver"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

// written is a record as it is stored.
func written(t *testing.T, m *members, r *release.Release) []byte {
	t.Helper()
	body, err := m.body(r)
	if err != nil {
		t.Fatal(err)
	}
	data, err := m.record(r, body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// reread writes a record and reads it.
func reread(t *testing.T, m *members, r *release.Release) *release.Release {
	t.Helper()
	got, err := decodeRecord(written(t, m, r))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestRecordCanBeReadAgain(t *testing.T) {
	noise := make([]byte, 2<<20)
	for i := range noise {
		noise[i] = "abcdefgh"[rand.IntN(8)]
	}
	for name, r := range map[string]*release.Release{
		"whole": {
			Name: "web", Namespace: "ns", Version: 3, Manifest: "---\na: \"<&>\"\n", Config: map[string]any{"a": "1"},
			Info:  &release.Info{Status: release.StatusDeployed, Notes: "n"},
			Chart: &chart.Chart{Metadata: &chart.Metadata{Name: "c"}, Templates: []*chart.File{{Name: "x", Data: []byte("y")}}},
			Hooks: []*release.Hook{{Name: "h", Events: []release.HookEvent{release.HookPostInstall}}},
		},
		"bare":  {Name: "web", Info: &release.Info{}},
		"large": {Name: "web", Info: &release.Info{}, Manifest: string(noise)},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(r, reread(t, newMembers(), r), cmp.AllowUnexported(chart.Chart{})); diff != "" {
				t.Errorf("(-written +read):\n%s", diff)
			}
		})
	}
}

// What did not change from one revision to the next is not compressed again.
func TestRecordKeepsWhatIsTheSame(t *testing.T) {
	r := &release.Release{Name: "web", Info: &release.Info{}, Chart: &chart.Chart{Metadata: &chart.Metadata{Name: "c"}}}
	for i := range 300 {
		text := strings.Repeat(fmt.Sprintf("template %d\n", i), 100)
		r.Chart.Templates = append(r.Chart.Templates, &chart.File{Name: fmt.Sprint("templates/", i), Data: []byte(text)})
		r.Manifest += "---\n" + text
	}
	m := newMembers()
	read := func() *release.Release { return reread(t, m, r) }
	read()
	before := len(m.known.young)
	r.Chart.Templates[7] = &chart.File{Name: "templates/7", Data: []byte("edited")}
	r.Manifest = strings.Replace(r.Manifest, "template 7\n", "edited\n", 1)
	if diff := cmp.Diff(r, read(), cmp.AllowUnexported(chart.Chart{})); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
	if fresh := len(m.known.young) - before; before < 8 || fresh > 3 {
		t.Errorf("%d of %d parts were compressed again for one edit", fresh, before)
	}
}

// Helm's own storage reads a record, be it of several members or, where space is
// scarce, of two: head and body.
func TestRecordIsHelms(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 800<<10)
	for i := range noise {
		noise[i] = byte('!' + random.IntN(64))
	}
	for name, tt := range map[string]struct{ files, size, least, most int }{"several": {100, 2 << 10, 5, 50}, "scarce": {40, 20 << 10, 2, 2}} {
		t.Run(name, func(t *testing.T) {
			r := &release.Release{Name: "web", Namespace: "ns", Version: 1, Info: &release.Info{Status: release.StatusDeployed}, Config: map[string]any{"a": "1"}, Chart: &chart.Chart{Metadata: &chart.Metadata{Name: "c"}}}
			for i := range tt.files {
				text := noise[i*tt.size : (i+1)*tt.size]
				r.Chart.Templates = append(r.Chart.Templates, &chart.File{Name: fmt.Sprint("templates/", i), Data: text})
				r.Manifest += "---\n" + string(text[:tt.size/4]) + "\n"
			}
			data := written(t, newMembers(), r)
			if n := membersIn(t, data); n < tt.least || n > tt.most {
				t.Errorf("%d members in %d bytes", n, len(data))
			}
			secrets := fake.NewClientset(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: recordKey("web", 1), Namespace: "ns"}, Data: map[string][]byte{"release": data}})
			got, err := driver.NewSecrets(secrets.CoreV1().Secrets("ns")).Get(recordKey("web", 1))
			if err != nil {
				t.Fatal(err)
			}
			got.Labels = nil
			if diff := cmp.Diff(r, got, cmp.AllowUnexported(chart.Chart{}), cmp.Comparer(bytes.Equal)); diff != "" {
				t.Errorf("(-written +read by helm):\n%s", diff)
			}
		})
	}
}

// membersIn counts the gzip members of a record.
func membersIn(t *testing.T, data []byte) (n int) {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(string(data))
	if err != nil {
		t.Fatal(err)
	}
	in := bytes.NewReader(raw)
	z, err := gzip.NewReader(in)
	for ; err == nil; err = z.Reset(in) {
		z.Multistream(false)
		if _, err := io.Copy(io.Discard, z); err != nil {
			t.Fatal(err)
		}
		n++
	}
	if err != io.EOF {
		t.Fatal(err)
	}
	return n
}
