package deploy

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/Masterminds/semver/v3"
	"helm.sh/helm/v3/pkg/registry"
	"helm.sh/helm/v3/pkg/repo"
)

// pull gets a chart from a registry (oci://), of an exact version or of the
// newest in a range. A registry on this machine may speak plain HTTP.
func (s *stores) pull(ctx context.Context, repository, name, version string) ([]byte, error) {
	transport, err := transportOf(ctx, &repo.Entry{})
	if err != nil {
		return nil, err
	}
	data, err := s.pullBy(transport, repository, name, version)
	if err != nil && strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") && onThisMachine(repository) {
		return s.pullBy(transport, repository, name, version, registry.ClientOptPlainHTTP())
	}
	return data, err
}

func (s *stores) pullBy(transport http.RoundTripper, repository, name, version string, options ...registry.ClientOption) ([]byte, error) {
	client, err := registry.NewClient(append(options,
		registry.ClientOptHTTPClient(&http.Client{Transport: transport}),
		registry.ClientOptCredentialsFile(s.settings.RegistryConfig))...)
	if err != nil {
		return nil, fmt.Errorf("read the registries' credentials: %w", err)
	}
	ref := strings.TrimSuffix(strings.TrimPrefix(repository, registry.OCIScheme+"://"), "/") + "/" + name
	if _, err := semver.StrictNewVersion(version); err != nil {
		tags, err := client.Tags(ref)
		if err != nil {
			return nil, fmt.Errorf("list the versions in %s: %w", repository, err)
		}
		newest := ""
		for _, tag := range tags { // sorted, the newest first
			if newest == "" && admits(version, tag) {
				newest = tag
			}
		}
		if newest == "" {
			return nil, &storeError{fmt.Sprintf("%s has no such version", repository), "it has " + strings.Join(tags[:min(len(tags), 5)], ", "), nil}
		}
		version = newest
	}
	got, err := client.Pull(ref+":"+version, registry.PullOptWithChart(true))
	if err != nil {
		return nil, fmt.Errorf("pull from %s: %w", repository, err)
	}
	return got.Chart.Data, nil
}

func onThisMachine(repository string) bool {
	u, err := url.Parse(repository)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
