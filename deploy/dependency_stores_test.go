package deploy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"helm.sh/helm/v3/pkg/registry"
	"helm.sh/helm/v3/pkg/repo"

	"github.com/devloop-dev/devloop/internal/filetest"
)

// chartRepo is a chart repository as any web server can be one: an index and
// archives. It counts what it is asked.
type chartRepo struct {
	*httptest.Server
	t        *testing.T
	dir      string
	password string
	hang     chan struct{}
	mu       sync.Mutex
	requests int
}

func newChartRepo(t *testing.T) *chartRepo {
	r := &chartRepo{t: t, dir: t.TempDir()}
	serve := http.FileServer(http.Dir(r.dir))
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		r.requests++
		r.mu.Unlock()
		if r.hang != nil {
			<-r.hang
		}
		if _, password, _ := req.BasicAuth(); password != r.password {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		serve.ServeHTTP(w, req)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *chartRepo) asked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests
}

// add packs an otherwise empty chart and renews the index.
func (r *chartRepo) add(name, version string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name+"-"+version+".tgz"), packed(r.t, name, version), 0o644); err != nil {
		r.t.Fatal(err)
	}
	index, err := repo.IndexDirectory(r.dir, "")
	if err != nil {
		r.t.Fatal(err)
	}
	index.SortEntries()
	if err := index.WriteFile(filepath.Join(r.dir, "index.yaml"), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func packed(t *testing.T, name, version string) []byte {
	t.Helper()
	dir := filetest.Lay(t, map[string]string{"c/Chart.yaml": "apiVersion: v2\nname: " + name + "\nversion: " + version + "\n",
		"c/templates/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\ndata: {version: " + version + "}\n"})
	data, err := pack(filepath.Join(dir, "c"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// ociRegistry serves charts as the OCI distribution specification has it, as far
// as pulling one needs it.
type ociRegistry struct {
	*httptest.Server
	blobs map[string][]byte   // by digest
	tags  map[string][]string // by repository
	types map[string]string   // media type by digest, of manifests
	named map[string]string   // repository:tag -> digest
}

func newRegistry(t *testing.T) *ociRegistry {
	r := &ociRegistry{blobs: map[string][]byte{}, tags: map[string][]string{}, types: map[string]string{}, named: map[string]string{}}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *ociRegistry) put(data []byte) map[string]any {
	sum := sha256.Sum256(data)
	digest := "sha256:" + hex.EncodeToString(sum[:])
	r.blobs[digest] = data
	return map[string]any{"digest": digest, "size": len(data)}
}

func (r *ociRegistry) add(t *testing.T, repository, version string) {
	layer := r.put(packed(t, path.Base(repository), version))
	layer["mediaType"] = registry.ChartLayerMediaType
	config := r.put([]byte(`{"apiVersion":"v2","name":"` + path.Base(repository) + `","version":"` + version + `"}`))
	config["mediaType"] = registry.ConfigMediaType
	const kind = "application/vnd.oci.image.manifest.v1+json"
	manifest, err := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []any{layer}})
	if err != nil {
		t.Fatal(err)
	}
	digest := r.put(manifest)["digest"].(string)
	r.types[digest], r.named[repository+":"+version] = kind, digest
	r.tags[repository] = append(r.tags[repository], version)
}

func (r *ociRegistry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	name := strings.TrimPrefix(req.URL.Path, "/v2/")
	switch {
	case name == "":
		return
	case strings.HasSuffix(name, "/tags/list"):
		name = strings.TrimSuffix(name, "/tags/list")
		_ = json.NewEncoder(w).Encode(map[string]any{"name": name, "tags": r.tags[name]})
		return
	}
	folder, last := path.Split(name)
	digest := last
	if repository, ok := strings.CutSuffix(folder, "/manifests/"); ok && !strings.HasPrefix(last, "sha256:") {
		digest = r.named[repository+":"+last]
	}
	data, ok := r.blobs[digest]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if kind := r.types[digest]; kind != "" {
		w.Header().Set("Content-Type", kind)
	}
	w.Header().Set("Docker-Content-Digest", digest)
	http.ServeContent(w, req, "", time.Time{}, strings.NewReader(string(data)))
}
