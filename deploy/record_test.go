package deploy

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage/driver"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

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
			m := newMembers()
			body, err := m.body(r)
			if err != nil {
				t.Fatal(err)
			}
			data, err := m.record(r, body)
			if err != nil {
				t.Fatal(err)
			}
			got, err := decodeRecord(data)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(r, got, cmp.AllowUnexported(chart.Chart{})); diff != "" {
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
	read := func() *release.Release {
		t.Helper()
		body, err := m.body(r)
		if err != nil {
			t.Fatal(err)
		}
		data, err := m.record(r, body)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeRecord(data)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
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

// Helm's own storage reads a record of several members, and one of a release that is
// near a secret's limit takes no more room than helm's own.
func TestRecordIsHelms(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	// Texts that are like each other but for some noise, as templates are.
	like := func(files, lines int) *release.Release {
		r := &release.Release{Name: "web", Namespace: "ns", Version: 1, Info: &release.Info{Status: release.StatusDeployed}, Config: map[string]any{"a": "1"}, Chart: &chart.Chart{Metadata: &chart.Metadata{Name: "c"}}}
		for i := range files {
			var b strings.Builder
			for range lines {
				fmt.Fprintf(&b, "  some-key-%d: value %x\n", random.IntN(1000), random.Uint32())
			}
			r.Chart.Templates = append(r.Chart.Templates, &chart.File{Name: fmt.Sprint("templates/", i), Data: []byte(b.String())})
			r.Manifest += "---\n" + b.String()
		}
		return r
	}
	for name, r := range map[string]*release.Release{"several members": like(100, 30), "large": like(350, 120)} {
		t.Run(name, func(t *testing.T) {
			m := newMembers()
			body, err := m.body(r)
			if err != nil {
				t.Fatal(err)
			}
			data, err := m.record(r, body)
			if err != nil {
				t.Fatal(err)
			}
			secrets := fake.NewClientset().CoreV1().Secrets("ns")
			helms, key := driver.NewSecrets(secrets), recordKey(r.Name, r.Version)
			if err := helms.Create(key, r); err != nil {
				t.Fatal(err)
			}
			want, err := helms.Get(key)
			if err != nil {
				t.Fatal(err)
			}
			secret, err := secrets.Get(t.Context(), key, metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			size := len(secret.Data["release"])
			secret.Data["release"] = data
			if _, err := secrets.Update(t.Context(), secret, metav1.UpdateOptions{}); err != nil {
				t.Fatal(err)
			}
			got, err := helms.Get(key)
			if err != nil {
				t.Fatal(err)
			}
			if body, err := base64.StdEncoding.DecodeString(string(data)); err != nil || bytes.Count(body, []byte("\x1f\x8b\x08")) < 2 {
				t.Errorf("one member only, %v: that tests nothing", err)
			}
			if large := len(data) > scarceRecord/3*4; large != (name == "large") || large && len(data) > size+size/200 {
				t.Errorf("%d bytes, by helm %d", len(data), size)
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(chart.Chart{})); diff != "" {
				t.Errorf("(-written by helm +written here):\n%s", diff)
			}
		})
	}
}
