package build

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/docker/docker/client"
)

// endpoint settles which daemon is meant, as docker does:
// https://docs.docker.com/engine/manage-resources/contexts/
func (o ConnectOptions) endpoint() (endpoint, error) {
	if o.Context == "" {
		if host := o.Env("DOCKER_HOST"); host != "" {
			return o.fromEnv(host), nil
		}
	}
	dir, err := o.configDir()
	if err != nil {
		return endpoint{}, err
	}
	name, source := o.Context, "as asked for"
	if name == "" {
		name, source = o.Env("DOCKER_CONTEXT"), "named by DOCKER_CONTEXT"
	}
	if name == "" {
		file := filepath.Join(dir, "config.json")
		if name, err = currentContext(file); err != nil {
			return endpoint{}, err
		}
		source = "the current one in " + file
	}
	if name == "" || name == "default" {
		return endpoint{host: client.DefaultDockerHost, source: "the default; neither DOCKER_HOST nor a docker context is set"}, nil
	}
	return readContext(dir, name, source)
}

func (o ConnectOptions) fromEnv(host string) endpoint {
	e := endpoint{host: host, source: "from DOCKER_HOST"}
	verify := o.Env("DOCKER_TLS_VERIFY") != ""
	e.certs = o.Env("DOCKER_CERT_PATH")
	e.trusted = e.certs != "" && !verify
	if dir, err := o.configDir(); verify && e.certs == "" && err == nil {
		e.certs = dir // where docker keeps them unless told otherwise
	}
	return e
}

func (o ConnectOptions) configDir() (string, error) {
	if dir := o.Env("DOCKER_CONFIG"); dir != "" {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find docker's config folder: %w; set DOCKER_CONFIG or DOCKER_HOST", err)
	}
	return filepath.Join(home, ".docker"), nil
}

func currentContext(file string) (string, error) {
	var config struct {
		CurrentContext string `json:"currentContext"`
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err == nil {
		err = json.Unmarshal(text, &config)
	}
	if err != nil {
		return "", fmt.Errorf("docker's config %s: %w", file, err)
	}
	return config.CurrentContext, nil
}

func readContext(dir, name, source string) (endpoint, error) {
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	file := filepath.Join(dir, "contexts", "meta", id, "meta.json")
	var meta struct {
		Endpoints map[string]struct {
			Host          string `json:"Host"`
			SkipTLSVerify bool   `json:"SkipTLSVerify"`
		} `json:"Endpoints"`
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return endpoint{}, fmt.Errorf("docker context %q (%s) does not exist; list them by `docker context ls`, choose one by `docker context use`", name, source)
	}
	if err == nil {
		err = json.Unmarshal(text, &meta)
	}
	if err != nil {
		return endpoint{}, fmt.Errorf("docker context %q (%s): %s: %w", name, source, file, err)
	}
	docker := meta.Endpoints["docker"]
	e := endpoint{host: docker.Host, source: fmt.Sprintf("docker context %q, %s", name, source), trusted: docker.SkipTLSVerify}
	if e.host == "" {
		e.host = client.DefaultDockerHost
	}
	certs := filepath.Join(dir, "contexts", "tls", id, "docker")
	if _, err := os.Stat(certs); err == nil {
		e.certs = certs
	}
	return e, nil
}
