package build

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
)

// Secret is something that a RUN instruction may read and that is not kept.
type Secret struct {
	// ID is the id in RUN --mount=type=secret,id=ID.
	ID string
	// File is an absolute path, Env the name of an environment variable of this
	// process; exactly one of them is given.
	File, Env string
}

// shortSecret is how long a line of a secret is that is not taken for one where
// it is seen in output: words and numbers would be masked all over.
const shortSecret = 4

// hidden is what a build may use and nobody may see.
type hidden struct {
	secrets map[string][]byte
	agents  []sshprovider.AgentConfig
	mask    *strings.Replacer // never nil
}

// hidden reads the secrets, so that what is missing is known before the build.
func (s Spec) hidden() (hidden, error) {
	h := hidden{secrets: map[string][]byte{}}
	var masks []string
	for _, secret := range s.Secrets {
		text, err := secret.read()
		if err != nil {
			return hidden{}, fmt.Errorf("image %s: secret %s: %w", s.Name, secret.ID, err)
		}
		h.secrets[secret.ID] = text
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); len(line) >= shortSecret {
				masks = append(masks, line)
			}
		}
	}
	// Of two that begin alike the longer one is to be masked whole.
	slices.SortFunc(masks, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, text := range masks {
		pairs = append(pairs, text, "***")
	}
	h.mask = strings.NewReplacer(pairs...)
	for _, agent := range s.SSH {
		id, socket, _ := strings.Cut(agent, "=")
		if socket == "" {
			socket = os.Getenv("SSH_AUTH_SOCK")
		}
		if socket == "" {
			return hidden{}, fmt.Errorf("image %s: ssh %s: no agent: SSH_AUTH_SOCK is not set; start one (eval $(ssh-agent); ssh-add) or write %s=SOCKET", s.Name, id, id)
		}
		h.agents = append(h.agents, sshprovider.AgentConfig{ID: id, Paths: []string{socket}})
	}
	return h, nil
}

func (s Secret) read() ([]byte, error) {
	if s.Env != "" {
		text, ok := os.LookupEnv(s.Env)
		if !ok {
			return nil, fmt.Errorf("the environment variable %s is not set", s.Env)
		}
		return []byte(text), nil
	}
	if !filepath.IsAbs(s.File) {
		return nil, fmt.Errorf("%q is not an absolute path", s.File)
	}
	text, err := os.ReadFile(s.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %s: %w", s.File, fs.ErrNotExist)
	}
	if err != nil {
		return nil, err
	}
	if len(text) > secretsprovider.MaxSecretSize {
		return nil, fmt.Errorf("%s has %d bytes, of at most %d", s.File, len(text), secretsprovider.MaxSecretSize)
	}
	return text, nil
}

// attach makes them known to the daemon for as long as a session lasts.
func (h hidden) attach(s *session.Session) error {
	if len(h.secrets) > 0 {
		s.Allow(secretsprovider.FromMap(h.secrets))
	}
	if len(h.agents) == 0 {
		return nil
	}
	agents, err := sshprovider.NewSSHAgentProvider(h.agents)
	if err != nil {
		return fmt.Errorf("ssh: %w", err)
	}
	s.Allow(agents)
	return nil
}
