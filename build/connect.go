package build

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/docker/cli/cli/connhelper"
	"github.com/docker/docker/client"
	"github.com/docker/go-connections/tlsconfig"
)

const sshScheme = "ssh://"

// answerIn is how long a docker daemon may take to answer the first request.
const answerIn = 10 * time.Second

// ConnectOptions say which docker daemon to use. The zero value is what the
// docker command itself would do.
type ConnectOptions struct {
	// Context is the name of a docker context, stronger than the environment.
	Context string
	// Env looks up environment variables. Default: os.Getenv.
	Env func(string) string
}

// Connect finds the docker daemon the way the docker command does and returns a
// client that speaks the daemon's version of the API. In order of precedence:
// the options' context, DOCKER_HOST (with DOCKER_TLS_VERIFY and
// DOCKER_CERT_PATH), DOCKER_CONTEXT, the current context in the config.json of
// DOCKER_CONFIG (default ~/.docker), the default socket. Addresses that begin with
// ssh:// are reached by the command ssh and docker's dial-stdio on the other side.
//
// A daemon that does not answer within 10 s gives a *ConnectError.
func Connect(ctx context.Context, o ConnectOptions) (*client.Client, error) {
	if o.Env == nil {
		o.Env = os.Getenv
	}
	end, err := o.endpoint()
	if err != nil {
		return nil, err
	}
	cli, err := end.client(o.Env("DOCKER_API_VERSION"))
	if err != nil {
		return nil, fmt.Errorf("docker at %s (%s): %w", end.shown(), end.source, err)
	}
	limited, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	ping, err := cli.Ping(limited)
	if err != nil {
		defer cli.Close()
		if ctx.Err() != nil {
			return nil, fmt.Errorf("connect to docker: %w", context.Cause(ctx))
		}
		// The client's error keeps a guess and drops the cause: dial to have it. That
		// of ssh tells it.
		if !end.overSSH() {
			if conn, cause := cli.Dialer()(limited); cause != nil {
				err = cause
			} else {
				conn.Close()
			}
		}
		return nil, &ConnectError{Host: end.shown(), Source: end.source, Err: err}
	}
	cli.NegotiateAPIVersionPing(ping)
	return cli, nil
}

// ConnectError is a docker daemon that does not answer.
type ConnectError struct {
	// Host is the address that was tried, Source what named it.
	Host, Source string
	Err          error
}

// Error says what was tried, why it failed and what to do.
func (e *ConnectError) Error() string {
	return fmt.Sprintf("docker does not answer at %s (%s): %v; %s", e.Host, e.Source, e.Err, e.advice())
}

// Unwrap returns the cause.
func (e *ConnectError) Unwrap() error { return e.Err }

func (e *ConnectError) advice() string {
	if errors.Is(e.Err, fs.ErrPermission) {
		return "add your user to the group that owns the socket (docker) and log in again"
	}
	if host, ok := strings.CutPrefix(e.Host, sshScheme); ok {
		return fmt.Sprintf("see what `ssh %s docker version` says; ssh must ask for nothing here, so add the key to an agent", host)
	}
	return "start the docker daemon, or name another one by DOCKER_HOST or `docker context use`"
}

// endpoint is the address of a docker daemon.
type endpoint struct {
	host    string
	source  string // where the address was found, for messages
	certs   string // folder with ca.pem, cert.pem and key.pem; empty: no TLS
	trusted bool   // accept any server certificate
}

func (e endpoint) client(version string) (*client.Client, error) {
	var opts []client.Opt
	if e.overSSH() {
		helper, err := connhelper.GetConnectionHelper(e.host)
		if err != nil {
			return nil, err
		}
		opts = append(opts, client.WithHTTPClient(&http.Client{Transport: &http.Transport{}, CheckRedirect: client.CheckRedirect}))
		opts = append(opts, client.WithHost(helper.Host), client.WithDialContext(helper.Dialer))
		return newClient(opts, version)
	}
	if encrypted := strings.HasPrefix(e.host, "tcp://"); encrypted && (e.certs != "" || e.trusted) {
		config, err := e.tls()
		if err != nil {
			return nil, err
		}
		opts = append(opts, client.WithHTTPClient(&http.Client{
			Transport:     &http.Transport{TLSClientConfig: config},
			CheckRedirect: client.CheckRedirect,
		}))
	}
	return newClient(append(opts, client.WithHost(e.host)), version)
}

// shown is the address without a password that somebody put into it.
func (e endpoint) shown() string {
	if u, err := url.Parse(e.host); err == nil && u.User != nil {
		return u.Redacted()
	}
	return e.host
}

// overSSH: the daemon is reached by the ssh command, as docker does it.
func (e endpoint) overSSH() bool { return strings.HasPrefix(e.host, sshScheme) }

func newClient(opts []client.Opt, version string) (*client.Client, error) {
	opts = append(opts, client.WithAPIVersionNegotiation())
	if version != "" {
		opts = append(opts, client.WithVersion(version))
	}
	return client.NewClientWithOpts(opts...)
}

func (e endpoint) tls() (*tls.Config, error) {
	o := tlsconfig.Options{InsecureSkipVerify: e.trusted, ExclusiveRootPools: true}
	for name, field := range map[string]*string{"ca.pem": &o.CAFile, "cert.pem": &o.CertFile, "key.pem": &o.KeyFile} {
		file := filepath.Join(e.certs, name)
		if _, err := os.Stat(file); err == nil && e.certs != "" {
			*field = file
		}
	}
	config, err := tlsconfig.Client(o)
	if err != nil {
		return nil, fmt.Errorf("TLS certificates in %s: %w", e.certs, err)
	}
	return config, nil
}
