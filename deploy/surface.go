package deploy

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chartutil"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
)

// aggregated asks for the whole of discovery in one document, whose ETag
// changes exactly when a kind or group comes or goes (KEP-3352).
const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList," +
	"application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

// staleAfter is how long the surface is believed where the server sends no ETag.
const staleAfter = 10 * time.Second

// surface is what the API server offers: its version and kinds. It is read
// once and then kept until one conditional request says that it has changed.
type surface struct {
	getter *getter
	client *http.Client
	url    string

	mu   sync.Mutex
	etag string
	read time.Time
	caps *chartutil.Capabilities
}

func newSurface(g *getter) (*surface, error) {
	client, err := rest.HTTPClientFor(g.config)
	if err != nil {
		return nil, err
	}
	base, _, err := rest.DefaultServerUrlFor(g.config)
	if err != nil {
		return nil, err
	}
	return &surface{getter: g, client: client, url: base.JoinPath("/apis").String()}, nil
}

// capabilities is what templates see as .Capabilities, as the server is now.
func (s *surface) capabilities(ctx context.Context) (*chartutil.Capabilities, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed, err := s.changed(ctx)
	if err != nil {
		return nil, fmt.Errorf("reach the cluster at %s: %w", s.getter.config.Host, err)
	}
	if !changed && s.caps != nil {
		return s.caps, nil
	}
	s.getter.mapper.Reset() // forgets discovery, too
	caps, err := s.readCapabilities()
	if err != nil {
		s.etag = ""
		return nil, fmt.Errorf("read what the cluster at %s offers: %w", s.getter.config.Host, err)
	}
	s.caps = caps
	return caps, nil
}

// changed asks whether discovery is still the document that was read last. It
// is also the check that the cluster answers at all.
func (s *surface) changed(ctx context.Context) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return false, err
	}
	req.Header.Set("Accept", aggregated)
	if s.etag != "" {
		req.Header.Set("If-None-Match", s.etag)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return false, err
	}
	switch {
	case res.StatusCode == http.StatusNotModified:
		return false, nil
	case res.StatusCode != http.StatusOK:
		return false, fmt.Errorf("%s answered %s", s.url, res.Status)
	}
	etag := res.Header.Get("ETag")
	if etag == "" && time.Since(s.read) < staleAfter {
		return false, nil
	}
	s.etag, s.read = etag, time.Now()
	return true, nil
}

// readCapabilities follows Helm's own reading of discovery: a group whose
// server is down is left out, not an error.
func (s *surface) readCapabilities() (*chartutil.Capabilities, error) {
	version, err := s.getter.discovery.ServerVersion()
	if err != nil {
		return nil, err
	}
	apis, err := action.GetVersionSet(s.getter.discovery)
	if err != nil && !discovery.IsGroupDiscoveryFailedError(err) {
		return nil, err
	}
	return &chartutil.Capabilities{
		APIVersions: apis,
		KubeVersion: chartutil.KubeVersion{Version: version.GitVersion, Major: version.Major, Minor: version.Minor},
		HelmVersion: chartutil.DefaultCapabilities.HelmVersion,
	}, nil
}
