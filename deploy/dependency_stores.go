package deploy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"helm.sh/helm/v3/pkg/cli"
	getters "helm.sh/helm/v3/pkg/getter"
	"helm.sh/helm/v3/pkg/registry"
	"helm.sh/helm/v3/pkg/repo"
)

// stores fetch packed charts from chart repositories and registries, with the
// names and credentials that helm's own settings have for them. They belong to
// one goroutine.
type stores struct {
	settings *cli.EnvSettings
	cache    string                     // a folder for the repositories' indexes
	indexes  map[string]*repo.IndexFile // by URL
}

// storeError is what a repository lacks, and what to do about it.
type storeError struct {
	text, hint string
	err        error
}

func (e *storeError) Error() string { return e.text }
func (e *storeError) Unwrap() error { return e.err }

// fetch gets one chart, of an exact version or of the newest in a range.
func (s *stores) fetch(ctx context.Context, repository, name, version string) ([]byte, error) {
	if s.settings == nil {
		s.settings, s.indexes = cli.New(), map[string]*repo.IndexFile{}
	}
	if registry.IsOCI(repository) {
		return s.pull(ctx, repository, name, version)
	}
	return s.download(ctx, repository, name, version)
}

func (s *stores) close() error {
	if s.cache == "" {
		return nil
	}
	return os.RemoveAll(s.cache)
}

func (s *stores) download(ctx context.Context, repository, name, version string) ([]byte, error) {
	entry, err := entryOf(s.settings.RepositoryConfig, repository)
	if err != nil {
		return nil, err
	}
	ways, err := providersOf(ctx, entry, s.settings)
	if err != nil {
		return nil, err
	}
	index, err := s.index(entry, ways)
	if err != nil {
		return nil, &storeError{fmt.Sprintf("read the index of %s: %v", repository, err), "see whether the repository can be reached and its address is right", err}
	}
	found, err := index.Get(name, version)
	if err != nil || len(found.URLs) == 0 {
		return nil, notIn(index, repository, name, err)
	}
	at, err := repo.ResolveReferenceURL(entry.URL, found.URLs[0])
	if err != nil {
		return nil, err
	}
	scheme, _, _ := strings.Cut(at, "://")
	if scheme == registry.OCIScheme {
		return s.pull(ctx, strings.TrimSuffix(at, "/"+name+":"+found.Version), name, found.Version)
	}
	client, err := ways.ByScheme(scheme)
	if err != nil {
		return nil, err
	}
	data, err := client.Get(at, getters.WithURL(entry.URL), getters.WithBasicAuth(entry.Username, entry.Password),
		getters.WithPassCredentialsAll(entry.PassCredentialsAll))
	if err != nil {
		return nil, err
	}
	return data.Bytes(), nil
}

// index is what a repository has, asked for once.
func (s *stores) index(entry *repo.Entry, providers getters.Providers) (*repo.IndexFile, error) {
	if known := s.indexes[entry.URL]; known != nil {
		return known, nil
	}
	if s.cache == "" {
		dir, err := os.MkdirTemp("", "devloop-index-")
		if err != nil {
			return nil, err
		}
		s.cache = dir
	}
	r, err := repo.NewChartRepository(entry, providers)
	if err != nil {
		return nil, err
	}
	r.CachePath = s.cache
	path, err := r.DownloadIndexFile()
	if err != nil {
		return nil, err
	}
	index, err := repo.LoadIndexFile(path)
	if err != nil {
		return nil, err
	}
	s.indexes[entry.URL] = index
	return index, nil
}

// notIn says what a repository has instead.
func notIn(index *repo.IndexFile, repository, name string, err error) error {
	versions := index.Entries[name]
	if len(versions) == 0 {
		var names []string
		for known := range index.Entries {
			names = append(names, known)
		}
		e := &storeError{text: fmt.Sprintf("%s has no chart of that name", repository), err: err}
		if near := closest(name, names); near != "" {
			e.hint = fmt.Sprintf("did you mean %q?", near)
		}
		return e
	}
	var have []string
	for _, v := range versions[:min(len(versions), 5)] {
		have = append(have, v.Version)
	}
	if len(versions) > len(have) {
		have = append(have, "...")
	}
	return &storeError{fmt.Sprintf("%s has no such version", repository), "it has " + strings.Join(have, ", "), err}
}

// entryOf is what helm knows of a repository, by its address or by the name after
// "@" or "alias:". An address that helm does not know is used as it is.
func entryOf(config, repository string) (*repo.Entry, error) {
	name, named := repositoryName(repository)
	file, err := repo.LoadFile(config)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read helm's list of repositories: %w", err)
	}
	if err == nil {
		for _, e := range file.Repositories {
			if named && e.Name == name || !named && strings.TrimRight(e.URL, "/") == strings.TrimRight(repository, "/") {
				return e, nil
			}
		}
	}
	switch {
	case named:
		return nil, &storeError{fmt.Sprintf("helm knows no repository %q", name), "add it with `helm repo add " + name + " URL`", nil}
	case !strings.Contains(repository, "://"):
		return nil, &storeError{fmt.Sprintf("%q is no repository", repository), "write its address (https://..., oci://..., file://../folder), or @name for one that helm knows", nil}
	}
	return &repo.Entry{Name: "devloop", URL: repository}, nil
}

// repositoryName is the name by which helm knows a repository, where it is given
// by name.
func repositoryName(repository string) (string, bool) {
	if name, ok := strings.CutPrefix(repository, "@"); ok {
		return name, true
	}
	return strings.CutPrefix(repository, "alias:")
}

// connectTime and answerTime are how long a repository may take to be reached and
// to begin its answer.
const (
	connectTime = 10 * time.Second
	answerTime  = 30 * time.Second
)

// providersOf are helm's ways to fetch, those over HTTP with connections that end
// with ctx.
func providersOf(ctx context.Context, entry *repo.Entry, settings *cli.EnvSettings) (getters.Providers, error) {
	transport, err := transportOf(ctx, entry)
	if err != nil {
		return nil, err
	}
	web := getters.Provider{Schemes: []string{"http", "https"}, New: func(options ...getters.Option) (getters.Getter, error) {
		return getters.NewHTTPGetter(append(options, getters.WithTransport(transport))...)
	}}
	return append(getters.Providers{web}, getters.All(settings)...), nil
}

func transportOf(ctx context.Context, entry *repo.Entry) (*http.Transport, error) {
	dialer := &net.Dialer{Timeout: connectTime}
	t := &http.Transport{
		DisableCompression: true, // as helm has it: an index may be a .gz by itself
		Proxy:              http.ProxyFromEnvironment, ResponseHeaderTimeout: answerTime,
		DialContext: func(_ context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err == nil {
				context.AfterFunc(ctx, func() { _ = conn.Close() })
			}
			return conn, err
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: entry.InsecureSkipTLSverify}, //nolint:gosec // as helm's list of repositories says
	}
	if entry.CAFile != "" {
		pem, err := os.ReadFile(entry.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read the CA of repository %s: %w", entry.Name, err)
		}
		t.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read the CA of repository %s: no certificate in %s", entry.Name, entry.CAFile)
		}
	}
	if entry.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(entry.CertFile, entry.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read the certificate for repository %s: %w", entry.Name, err)
		}
		t.TLSClientConfig.Certificates = []tls.Certificate{pair}
	}
	return t, nil
}
