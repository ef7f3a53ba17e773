//go:build sandbox

package logs

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// The pods stay: of one that ends while its pipe is full, containerd 1.6 may not
// store the last lines, and kubectl logs lacks them as well.
func TestRealTenPodsEveryLineOnce(t *testing.T) {
	c := realCluster(t, nil)
	const pods, lines = 10, 50_000
	begun := time.Now()
	for i := range pods {
		c.create(c.pod(fmt.Sprintf("w%d", i), corev1.RestartPolicyNever, "-lines", fmt.Sprint(lines), "-both", "-stay", "-end", "the end\n"))
	}
	c.await(func() bool { c.mu.Lock(); defer c.mu.Unlock(); return len(c.lines) >= pods*(lines+1) })
	t.Logf("%d lines of %d pods after %v", pods*(lines+1), pods, time.Since(begun))
	c.eachLineOnce(pods, lines)
}

// eachLineOnce ends the Streamer and checks what the pods w0, w1, ... wrote.
func (c *cluster) eachLineOnce(pods, lines int) {
	t := c.t
	t.Helper()
	c.stop()
	for i := range pods {
		got := c.of(fmt.Sprintf("w%d", i), "app")
		seen := map[string]int{}
		for _, text := range got {
			seen[text]++
		}
		for j := range lines {
			if n := seen[fmt.Sprintf("line %d", j)]; n != 1 {
				t.Errorf("pod w%d: line %d came %d times", i, j, n)
			}
		}
		if seen["the end"] != 1 || len(got) != lines+1 {
			t.Errorf("pod w%d: %d lines, %d last ones", i, len(got), seen["the end"])
		}
	}
}

// Every connection to the API server is cut several times a second.
func TestRealBrokenConnections(t *testing.T) {
	var proxy cutter
	c := realCluster(t, func(config *rest.Config) { proxy.start(t, config) })
	const pods, lines = 5, 2000
	for i := range pods {
		c.create(c.pod(fmt.Sprintf("w%d", i), corev1.RestartPolicyNever, "-lines", fmt.Sprint(lines), "-both", "-every", "5ms", "-end", "the end\n"))
	}
	c.await(func() bool { c.mu.Lock(); defer c.mu.Unlock(); return len(c.lines) >= pods*(lines+1) })
	t.Logf("%d connections were cut", proxy.cuts.Load())
	if proxy.cuts.Load() < 10 {
		t.Error("too few to show anything")
	}
	c.eachLineOnce(pods, lines)
}

// The last words have no line end. (All goes to stdout: where a part of a line
// is followed by a line of the other stream, the kubelet serves the two as one.)
func TestRealCrashesShowTheirLastLines(t *testing.T) {
	c := realCluster(t, nil)
	c.create(c.pod("crash", corev1.RestartPolicyAlways, "-lines", "50", "-end", "panic: last words", "-exit", "3"))
	count := func(text string) (n int) {
		for _, got := range c.of("crash", "app") {
			if got == text {
				n++
			}
		}
		return n
	}
	c.await(func() bool { return count("panic: last words") >= 3 }) // two restarts
	c.stop()
	p, err := c.client.CoreV1().Pods(c.namespace).Get(t.Context(), "crash", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	runs := count("panic: last words")
	t.Logf("%d runs, %d restarts by the pod's status", runs, p.Status.ContainerStatuses[0].RestartCount)
	if most := int(p.Status.ContainerStatuses[0].RestartCount) + 1; runs > most {
		t.Errorf("the last words came %d times, of %d runs", runs, most)
	}
	for i := range 50 {
		if n := count(fmt.Sprintf("line %d", i)); n != runs {
			t.Errorf("line %d came %d times in %d runs", i, n, runs)
		}
	}
}

func TestRealInitEphemeralAndRestartedPod(t *testing.T) {
	c := realCluster(t, nil)
	p := c.pod("multi", corev1.RestartPolicyAlways, "-lines", "5", "-stay")
	p.Spec.InitContainers = []corev1.Container{{Name: "init", Image: writerImage, ImagePullPolicy: corev1.PullNever, Args: []string{"-lines", "3"}}}
	c.create(p)
	c.await(func() bool { return len(c.of("multi", "init")) == 3 && len(c.of("multi", "app")) == 5 })

	debug, err := json.Marshal(map[string]any{"spec": map[string]any{"ephemeralContainers": []any{map[string]any{
		"name": "debug", "image": writerImage, "imagePullPolicy": "Never", "args": []string{"-lines", "2", "-long", "1048576"},
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.client.CoreV1().Pods(c.namespace).Patch(t.Context(), "multi", "application/strategic-merge-patch+json", debug, metav1.PatchOptions{}, "ephemeralcontainers"); err != nil {
		t.Fatal(err)
	}
	c.await(func() bool { return len(c.of("multi", "debug")) == 3 })
	if long := c.of("multi", "debug")[2]; long != strings.Repeat("x", 1<<20) {
		t.Errorf("a line of 1 MiB came with %d bytes", len(long))
	}

	zero := int64(0)
	pods := c.client.CoreV1().Pods(c.namespace)
	if err := pods.Delete(t.Context(), "multi", metav1.DeleteOptions{GracePeriodSeconds: &zero}); err != nil {
		t.Fatal(err)
	}
	c.await(func() bool {
		_, err := pods.Get(t.Context(), "multi", metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	})
	c.create(p) // the same name again
	c.await(func() bool { return len(c.of("multi", "init")) == 6 && len(c.of("multi", "app")) == 10 })
	c.stop()
	if init, app := c.of("multi", "init"), c.of("multi", "app"); len(init) != 6 || len(app) != 10 {
		t.Errorf("%d and %d lines, want 6 and 10", len(init), len(app))
	}
}
