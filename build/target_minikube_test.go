//go:build !windows

package build

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// fakeMinikube puts a script named minikube into PATH: minikube itself cannot
// run here. It appends its arguments to the file returned.
func fakeMinikube(t *testing.T, script string) (dir string) {
	t.Helper()
	dir = folder(t, map[string]string{"minikube": "#!/bin/sh\ncd \"$(dirname \"$0\")\" || exit 9\necho \"$@\" >> calls\n" + script})
	if err := os.Chmod(filepath.Join(dir, "minikube"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return dir
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func minikubeNode(runtime string) corev1.Node {
	n := node("dev", runtime, "")
	n.Labels[minikubeLabel] = "dev"
	return n
}

func TestMinikubeOnContainerdLoadsByItsCommand(t *testing.T) {
	dir := fakeMinikube(t, `case "$3 $4" in
"image ls") cat images 2>/dev/null; exit 0;;
"image load") [ "$5" = - ] && cat > loaded && echo docker.io/library/app:dl-1 > images;;
esac`)
	target, err := FindTarget(t.Context(), TargetOptions{Docker: connect(t, newFakeDaemon(t)), Nodes: []corev1.Node{minikubeNode("containerd://1.7")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{false, true} {
		if ok, err := target.Has(t.Context(), "app:dl-1"); ok != want || err != nil {
			t.Errorf("has %v, error %v; want %v", ok, err, want)
		}
		if err := target.Load(t.Context(), "app:dl-1"); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, filepath.Join(dir, "loaded")); got != "tar of app:dl-1" {
		t.Errorf("minikube received %q", got)
	}
	if calls := read(t, filepath.Join(dir, "calls")); !strings.HasPrefix(calls, "-p dev image ls\n-p dev image load -\n") {
		t.Errorf("calls\n%s", calls)
	}
}

func TestMinikubeOnDockerIsBuiltInDirectly(t *testing.T) {
	certs, config := certificates(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		switch r.URL.Path {
		case "/_ping":
		case "/v1.41/images/app:dl-1/json":
			io.WriteString(w, `{"Id":"sha256:1"}`)
		default:
			http.Error(w, `{"message":"no such image"}`, http.StatusNotFound)
		}
	}))
	server.TLS = config
	server.StartTLS()
	defer server.Close()
	dir := fakeMinikube(t, `[ "$3" = docker-env ] || exit 3
echo DOCKER_TLS_VERIFY=1
echo DOCKER_HOST=tcp://`+server.Listener.Addr().String()+`
echo DOCKER_CERT_PATH=`+certs+`
echo MINIKUBE_ACTIVE_DOCKERD=dev`)
	host := connect(t, newFakeDaemon(t))
	target, err := FindTarget(t.Context(), TargetOptions{Docker: host, Nodes: []corev1.Node{minikubeNode("docker://27.0")}})
	if err != nil {
		t.Fatal(err)
	}
	defer target.(io.Closer).Close()
	if got := BuildClient(target, host).DaemonHost(); got != "tcp://"+server.Listener.Addr().String() {
		t.Errorf("images are built at %s", got)
	}
	if err := target.Load(t.Context(), "app:dl-1"); err != nil {
		t.Errorf("load of an image that is there: %v", err)
	}
	if err := target.Load(t.Context(), "app:dl-2"); err == nil {
		t.Error("load of an image that was built elsewhere: no error")
	}
	if got := target.String(); got != "docker daemon of minikube dev" {
		t.Errorf("target %q", got)
	}
	if calls := read(t, filepath.Join(dir, "calls")); calls != "-p dev docker-env --shell none\n" {
		t.Errorf("calls\n%s", calls)
	}
}

// certificates makes one certificate that is authority, server and client, the
// folder docker expects it in, and a server's configuration that insists on it.
func certificates(t *testing.T) (dir string, config *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	secret := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private})
	pair, err := tls.X509KeyPair(public, secret)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(public)
	return folder(t, map[string]string{"ca.pem": string(public), "cert.pem": string(public), "key.pem": string(secret)}),
		&tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
}

func TestMinikubesComplaintIsPassedOn(t *testing.T) {
	fakeMinikube(t, "echo 'X Exiting due to GUEST_STATUS: profile is stopped' >&2; exit 85")
	_, err := FindTarget(t.Context(), TargetOptions{Docker: connect(t, newFakeDaemon(t)), Context: "dev", Nodes: []corev1.Node{minikubeNode("docker://27.0")}})
	var failed *CommandError
	if !errors.As(err, &failed) || failed.ExitCode != 85 || !strings.Contains(err.Error(), "profile is stopped") {
		t.Errorf("error %v", err)
	}
}

func TestMissingMinikubeCommandIsNamed(t *testing.T) {
	cli := connect(t, newFakeDaemon(t))
	t.Setenv("PATH", t.TempDir())
	_, err := FindTarget(t.Context(), TargetOptions{Docker: cli, Context: "dev", Nodes: []corev1.Node{minikubeNode("docker://27.0")}})
	if !errors.Is(err, exec.ErrNotFound) || !strings.Contains(err.Error(), "the minikube command is not in PATH") {
		t.Errorf("error %v", err)
	}
}
