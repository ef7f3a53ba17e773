package addons

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/devloop-dev/devloop/hack/sandbox/internal/kubeapi"
	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/yaml"
)

// Digest is of what InstallCRDs installs: with the same digest there is
// nothing to do.
func Digest() string {
	sum := sha256.New()
	for _, s := range Sources() {
		fmt.Fprintf(sum, "%q\n", s)
	}
	return hex.EncodeToString(sum.Sum(nil)[:12])
}

// InstallCRDs applies the definitions of all sources.
func InstallCRDs(ctx context.Context, client *kubeapi.Client) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for _, source := range Sources() {
		definitions, err := source.read(ctx)
		if err != nil {
			return fmt.Errorf("installing the definitions of %s: %w", source.Title, err)
		}
		for name, definition := range definitions {
			group.Go(func() error {
				path := "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + name
				if err := client.Apply(ctx, path, definition); err != nil {
					return fmt.Errorf("installing the definitions of %s: %w", source.Title, err)
				}
				return nil
			})
		}
	}
	return group.Wait()
}

// read returns the definitions, as JSON by name.
func (s Source) read(ctx context.Context) (map[string]json.RawMessage, error) {
	dir, err := s.download(ctx)
	if err != nil {
		return nil, err
	}
	definitions := map[string]json.RawMessage{}
	for _, pattern := range s.Files {
		files, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
		if err != nil || len(files) == 0 {
			return nil, fmt.Errorf("module %s %s has no file %s", s.Module, s.Version, pattern)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			if err := split(data, definitions); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	return definitions, nil
}

// download returns the directory of the module in the module cache.
func (s Source) download(ctx context.Context) (string, error) {
	module := s.Module + "@" + s.Version
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", module)
	// Outside of every module, so that no go.mod has a say.
	cmd.Dir = os.TempDir()
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, runErr := cmd.Output()
	var answer struct{ Dir, Sum, Error string }
	if err := json.Unmarshal(output, &answer); err != nil || answer.Error != "" || runErr != nil {
		return "", fmt.Errorf("downloading the module %s: %s%s", module, answer.Error, bytes.TrimSpace(stderr.Bytes()))
	}
	if answer.Sum != s.Sum {
		return "", fmt.Errorf("the module %s has the checksum %s, not %s", module, answer.Sum, s.Sum)
	}
	return answer.Dir, nil
}

// split adds the definitions of a YAML stream.
func split(stream []byte, definitions map[string]json.RawMessage) error {
	for document := range bytes.SplitSeq(append([]byte("\n"), stream...), []byte("\n---")) {
		data, err := yaml.YAMLToJSON(document)
		if err != nil {
			return err
		}
		var head struct {
			Kind     string
			Metadata struct{ Name string }
		}
		if err := json.Unmarshal(data, &head); err != nil {
			return err
		}
		if head.Kind == "CustomResourceDefinition" {
			definitions[head.Metadata.Name] = data
		}
	}
	return nil
}
