//go:build sandbox

package build

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/platforms"
	"github.com/docker/docker/client"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

const mega = 1 << 20

// counted is the target by way of a socket that counts the bytes sent to containerd.
func counted(t testing.TB, target *localContainerd) (*localContainerd, *atomic.Int64) {
	t.Helper()
	sent := new(atomic.Int64)
	dial := func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", target.socket)
	}
	socket, _ := relay(t, dial, func(_, _ net.Conn) {}, tally{sent})
	cli, err := openContainerd(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cli.Close() })
	return &localContainerd{socket: target.socket, client: cli, from: target.from}, sent
}

type tally struct{ n *atomic.Int64 }

func (c tally) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return len(p), nil
}

// modernDocker is the sandbox's docker as if it saved images as version 25 does.
type modernDocker struct {
	*client.Client
	t *testing.T
}

func (m modernDocker) ImageSave(ctx context.Context, refs []string, o ...client.ImageSaveOption) (io.ReadCloser, error) {
	saved, err := m.Client.ImageSave(ctx, refs, o...)
	if err != nil {
		return nil, err
	}
	defer saved.Close()
	text, err := io.ReadAll(saved)
	if err != nil {
		return nil, err
	}
	img, err := tarball.Image(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }, nil)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(modernArchive(m.t, refs[0], plain(m.t, img)))), nil
}

// plain is an image whose layers are not compressed.
func plain(t *testing.T, img v1.Image) v1.Image {
	t.Helper()
	made := v1.Image(empty.Image)
	var err error
	for _, text := range uncompressed(t, img) {
		if made, err = mutate.AppendLayers(made, static.NewLayer(text, types.DockerUncompressedLayer)); err != nil {
			t.Fatal(err)
		}
	}
	config, err := img.ConfigFile()
	if err == nil {
		made, err = mutate.ConfigFile(made, config)
	}
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// onLargeBase is an image with a program, a layer of 50 MB, one of some bytes, and a
// change of the configuration alone.
func onLargeBase(t testing.TB) Spec {
	t.Helper()
	root := t.TempDir()
	large := make([]byte, 50*mega)
	rand.Read(large)
	program(t, root, "waiter", waiter)
	for name, text := range map[string][]byte{
		"large": large, "text": []byte(rand.Text()),
		"Dockerfile": []byte("FROM scratch\nARG LABEL\nCOPY waiter /waiter\nCOPY large /large\nCOPY text /text\nLABEL of=$LABEL\nENTRYPOINT [\"/waiter\"]\n"),
	} {
		if err := os.WriteFile(filepath.Join(root, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Spec{Name: "devloop-test/onlarge", Context: root, Args: map[string]string{"LABEL": "a"}}
}

func TestRealLoadSendsTheLayersThatContainerdLacks(t *testing.T) {
	cli, kube := realDocker(t), cluster(t)
	target := sandboxTarget(t, cli, kube)
	for name, from := range map[string]unpacker{"docker 20.10": cli, "an archive as of docker 25": modernDocker{cli, t}} {
		t.Run(name, func(t *testing.T) {
			target, sent := counted(t, target)
			target.from = from
			s := onLargeBase(t)
			load := func() (ref string, bytes int64) {
				img := mustBuild(t, cli, s, inputs(t, s))
				unload(t, target, img.Ref)
				before := sent.Load()
				if err := target.Load(t.Context(), img.Ref); err != nil {
					t.Fatal(err)
				}
				return img.Ref, sent.Load() - before
			}
			first, bytes := load()
			if bytes < 50*mega {
				t.Errorf("the first load sent %d bytes", bytes)
			}
			put(t, filepath.Join(s.Context, "text"), rand.Text())
			second, bytes := load()
			if bytes > mega {
				t.Errorf("with another text it sent %d bytes", bytes)
			}
			s.Args["LABEL"] = "b"
			third, bytes := load()
			if bytes > mega {
				t.Errorf("with another label it sent %d bytes", bytes)
			}
			// What was left out belongs to the images that came later as well.
			for _, ref := range []string{first, second} {
				name, _ := Canonical(ref)
				if err := target.client.ImageService().Delete(t.Context(), name, images.SynchronousDelete()); err != nil {
					t.Fatal(err)
				}
			}
			whole(t, target, third)
			starts(t, kube, third)
			whole(t, target, third)
		})
	}
}

// whole makes sure that containerd has all of an image.
func whole(t *testing.T, target *localContainerd, ref string) {
	t.Helper()
	name, _ := Canonical(ref)
	img, err := target.client.ImageService().Get(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	ok, _, _, missing, err := images.Check(t.Context(), target.client.ContentStore(), img.Target, platforms.Default())
	if !ok || err != nil || len(missing) > 0 {
		t.Errorf("%s: complete %v, it lacks %v (%v)", ref, ok, missing, err)
	}
}

// starts has a pod that may not pull run an image.
func starts(t *testing.T, kube kubernetes.Interface, ref string) {
	t.Helper()
	pods := kube.CoreV1().Pods(namespace(t, kube))
	none := int64(0)
	if _, err := pods.Create(t.Context(), &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "pod"},
		Spec: corev1.PodSpec{TerminationGracePeriodSeconds: &none, Containers: []corev1.Container{{
			Name: "waiter", Image: ref, ImagePullPolicy: corev1.PullNever,
		}}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	watch, err := pods.Watch(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Stop()
	deadline := time.After(time.Minute)
	for {
		select {
		case event := <-watch.ResultChan():
			pod, ok := event.Object.(*corev1.Pod)
			if !ok || len(pod.Status.ContainerStatuses) == 0 {
				continue
			}
			state := pod.Status.ContainerStatuses[0].State
			if state.Waiting != nil && strings.HasPrefix(state.Waiting.Reason, "Err") {
				t.Fatalf("the kubelet does not find the image: %s: %s", state.Waiting.Reason, state.Waiting.Message)
			}
			if state.Running != nil {
				return
			}
		case <-deadline:
			t.Fatal("the pod did not start within a minute")
		}
	}
}
