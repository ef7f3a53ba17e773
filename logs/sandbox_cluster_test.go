//go:build sandbox

package logs

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// These tests need KUBECONFIG, a Docker engine, ctr, and a node of containerd
// on this machine, such as `make sandbox` gives.

const writerImage = "devloop-logs-test/writer:1"

// lasting is how long the real cluster has for the next line, and after the last
// of them for what must happen.
const lasting = 2 * time.Minute

type cluster struct {
	*catch
	client    kubernetes.Interface
	namespace string // of this test alone
}

// realCluster follows the pods of a test. through may change how the Streamer,
// and it alone, reaches the cluster.
func realCluster(t *testing.T, through func(*rest.Config)) *cluster {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	buildWriter(t, client)
	ctx := t.Context()
	ns, err := client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "devloop-logs-test-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.CoreV1().Namespaces().Delete(context.Background(), ns.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	// Pods need the namespace's default account.
	await(t, func() bool {
		_, err := client.CoreV1().ServiceAccounts(ns.Name).Get(ctx, "default", metav1.GetOptions{})
		return err == nil
	})
	if through != nil {
		through(config)
	}
	followed, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return &cluster{client: client, namespace: ns.Name, catch: follow(t, &fakeAPI{client: followed}, Options{}, Selector{
		Release: t.Name(), Namespace: ns.Name, Labels: labels.SelectorFromSet(labels.Set{"app": "writer"}),
	})}
}

func await(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(lasting); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the cluster never got there")
		}
	}
}

// buildWriter brings an image of testdata/writer into the node's containerd.
func buildWriter(t *testing.T, client kubernetes.Interface) {
	t.Helper()
	nodes, err := client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil || len(nodes.Items) == 0 {
		t.Fatalf("no nodes: %v", err)
	}
	socket := strings.TrimPrefix(nodes.Items[0].Annotations["kubeadm.alpha.kubernetes.io/cri-socket"], "unix://")
	dir := t.TempDir()
	command(t, []string{"CGO_ENABLED=0", "GOOS=linux"}, nil, "go", "build", "-trimpath", "-o", filepath.Join(dir, "writer"), "./testdata/writer")
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\nCOPY writer /writer\nENTRYPOINT [\"/writer\"]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	command(t, nil, nil, "docker", "build", "-q", "-t", writerImage, dir)
	image := command(t, nil, nil, "docker", "save", writerImage)
	command(t, nil, image, "ctr", "-a", socket, "-n", "k8s.io", "images", "import", "-")
}

func command(t *testing.T, env []string, in []byte, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = bytes.NewReader(in)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %v: %v\n%s%s", name, args, err, out.Bytes(), errs.Bytes())
	}
	return out.Bytes()
}

// await waits for a condition, and on failure tells what came and what the
// pods are doing.
func (c *cluster) await(ok func() bool) {
	c.t.Helper()
	seen := 0
	for end := time.Now().Add(lasting); !ok(); time.Sleep(20 * time.Millisecond) {
		c.mu.Lock()
		came := len(c.lines)
		c.mu.Unlock()
		if came > seen {
			seen, end = came, time.Now().Add(lasting)
		}
		if time.Now().Before(end) {
			continue
		}
		pods, err := c.client.CoreV1().Pods(c.namespace).List(c.t.Context(), metav1.ListOptions{})
		if err != nil {
			c.t.Fatal(err)
		}
		for _, p := range pods.Items {
			for _, name := range containers(&p) {
				got := c.of(p.Name, name)
				c.t.Logf("%s/%s: %s, %d lines, last %.100q, %+v", p.Name, name, p.Status.Phase, len(got), got[max(0, len(got)-5):], viewOf(&p, name))
			}
		}
		c.t.Fatal("the cluster never got there")
	}
}

func (c *cluster) pod(name string, restart corev1.RestartPolicy, args ...string) *corev1.Pod {
	zero := int64(0)
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": "writer"}},
		Spec: corev1.PodSpec{
			RestartPolicy: restart, TerminationGracePeriodSeconds: &zero,
			Containers: []corev1.Container{{Name: "app", Image: writerImage, ImagePullPolicy: corev1.PullNever, Args: args}},
		},
	}
}

func (c *cluster) create(p *corev1.Pod) {
	c.t.Helper()
	if _, err := c.client.CoreV1().Pods(c.namespace).Create(c.t.Context(), p, metav1.CreateOptions{}); err != nil {
		c.t.Fatal(err)
	}
}

// of returns the texts of one container so far.
func (c *cluster) of(pod, container string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var got []string
	for _, l := range c.lines {
		if l.Pod == pod && l.Container == container {
			got = append(got, l.Text)
		}
	}
	return got
}

// cutter passes TCP connections on and breaks them after a while.
type cutter struct{ cuts atomic.Int64 }

func (p *cutter) start(t *testing.T, config *rest.Config) {
	server, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	config.Host = "https://" + l.Addr().String()
	config.ServerName = server.Hostname()
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go p.pass(in, server.Host)
		}
	}()
}

func (p *cutter) pass(in net.Conn, to string) {
	defer in.Close()
	out, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer out.Close()
	timer := time.AfterFunc(time.Duration(100+rand.IntN(300))*time.Millisecond, func() {
		p.cuts.Add(1)
		in.Close()
		out.Close()
	})
	defer timer.Stop()
	go func() { _, _ = io.Copy(out, in) }()
	_, _ = io.Copy(in, out)
}
