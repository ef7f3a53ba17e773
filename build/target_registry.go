package build

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// registryTarget is a registry that the cluster's nodes pull from. Images are built
// under its name; see Naming and PrefixOf. Credentials are those of docker's
// configuration. Registries at localhost and at loopback and private addresses are
// spoken to without TLS, as the docker daemon does at loopback ones.
type registryTarget struct {
	prefix string // of references, as the nodes know the registry
	push   string // the same as this machine knows it
	how    string // where it was found, for the user
	from   exporter
}

var _ Target = (*registryTarget)(nil)

// newRegistry is the target of images that are pushed: prefix is a registry's name
// with a path, as in registry.example.com/team.
func newRegistry(prefix string, from exporter) (Target, error) {
	if _, err := name.NewRepository(prefix + "/x"); err != nil {
		return nil, fmt.Errorf("push: %w", err)
	}
	return &registryTarget{prefix: prefix, push: prefix, how: "push", from: from}, nil
}

// PrefixOf is what references must begin with for a target; see Naming.
func PrefixOf(t Target) string {
	if r, ok := t.(*registryTarget); ok {
		return r.prefix
	}
	return ""
}

func (t *registryTarget) String() string {
	text := fmt.Sprintf("registry %s (%s)", t.push, t.how)
	if t.push != t.prefix {
		text = fmt.Sprintf("registry %s, %s to the nodes (%s)", t.push, t.prefix, t.how)
	}
	return text
}

// tag is where an image is pushed to.
func (t *registryTarget) tag(ref string) (name.Tag, error) {
	rest, ok := strings.CutPrefix(ref, t.prefix+"/")
	if !ok {
		return name.Tag{}, fmt.Errorf("%s is not of the registry %s: it was built for another target", ref, t.prefix)
	}
	return name.NewTag(t.push + "/" + rest)
}

func (t *registryTarget) options(ctx context.Context) []remote.Option {
	return []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)}
}

// Has asks by tag: devloop's tags mean one content each.
func (t *registryTarget) Has(ctx context.Context, ref string) (bool, error) {
	tag, err := t.tag(ref)
	if err != nil {
		return false, err
	}
	_, err = remote.Head(tag, t.options(ctx)...)
	if answer := new(transport.Error); errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound {
		return false, nil
	}
	return err == nil, t.explain(tag, err)
}

// Load sends the layers that the registry does not have, and the manifest.
func (t *registryTarget) Load(ctx context.Context, ref string) error {
	tag, err := t.tag(ref)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "devloop-push-")
	if err != nil {
		return fmt.Errorf("push %s: %w", ref, err)
	}
	defer os.RemoveAll(dir)
	img, err := savedImage(ctx, t.from, ref, dir)
	if err != nil {
		return fmt.Errorf("push %s: %w", ref, err)
	}
	return t.explain(tag, remote.Write(tag, img, t.options(ctx)...))
}

// explain says what to do about a registry's refusal.
func (t *registryTarget) explain(tag name.Tag, err error) error {
	if err == nil {
		return nil
	}
	host := tag.RegistryStr()
	advice := "is it running, and its name right?"
	if answer := new(transport.Error); errors.As(err, &answer) {
		switch {
		case answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden:
			advice = "log in with: docker login " + host
		case answer.StatusCode >= http.StatusInternalServerError:
			advice = "the registry itself has failed; the next save tries again"
		default:
			advice = "see what the registry says"
		}
	}
	return fmt.Errorf("registry %s: %w; %s", host, err, advice)
}
