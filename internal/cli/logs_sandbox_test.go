//go:build sandbox

package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestLogsOfTenPods has ten pods write 5,000 lines a second each, or what the
// machine makes of it, beside a devloop logs that runs already, then reads what
// they wrote by each of its flags.
func TestLogsOfTenPods(t *testing.T) {
	const pods, lines, rate = 10, 50_000, 5_000
	const most = 64 << 10 // KiB of memory
	p := newProject(t)
	bin := t.TempDir()
	p.build("../../logs/testdata/writer", filepath.Join(p.dir, "app", "writer"))
	p.build("../../cmd/devloop", filepath.Join(bin, "devloop"))
	p.write("app/Dockerfile", "FROM scratch\nCOPY writer file /\nENTRYPOINT [\"/writer\"]\n")
	p.write("chart/templates/config.yaml", strings.NewReplacer("LINES", fmt.Sprint(lines), "RATE", fmt.Sprint(rate)).Replace(`{{- range $i := until 10 }}
---
apiVersion: v1
kind: Pod
metadata: {name: "w{{ $i }}", labels: {app: writer}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - {name: app, image: {{ $.Values.image }}, imagePullPolicy: Never, args: ["-await", "-rate", "RATE", "-lines", "LINES", "-stay", "-end", "{\"level\":\"error\",\"msg\":\"the end\",\"pod\":{{ $i }}}\n"]}
{{- end }}
`))

	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	follow := exec.CommandContext(ctx, filepath.Join(bin, "devloop"), "logs", "-f", p.dir, "-o", "json")
	stdout, err := follow.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr := &told{is: make(chan struct{})}
	follow.Stderr = stderr
	if err := follow.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-stderr.is:
	case <-ctx.Done():
		t.Fatal("nothing was told of the release that is not there yet")
	}
	p.up()
	p.begin(pods)
	peak := watchMemory(t, follow.Process.Pid)
	seen, total := map[string]int{}, 0
	var first, last time.Time // of the lines, as the node has them
	arrived := time.Now()
	for in := bufio.NewScanner(stdout); total < pods*(lines+1) && in.Scan(); total++ {
		var e struct {
			Event struct {
				Time               time.Time `json:"log_time"`
				Release, Pod, Text string
			} `json:"event"`
		}
		if err := json.Unmarshal(in.Bytes(), &e); err != nil {
			t.Fatalf("%v: %s", err, in.Bytes())
		}
		if e.Event.Release != "web" {
			t.Fatalf("release %q", e.Event.Release)
		}
		seen[e.Event.Pod+" "+e.Event.Text]++
		if first.IsZero() {
			first = e.Event.Time
		}
		if e.Event.Time.After(last) {
			last = e.Event.Time
		}
	}
	took := time.Since(arrived)
	memory := peak()
	if memory == 0 {
		t.Error("its memory could not be seen")
	}
	if err := follow.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	var exit *exec.ExitError
	if err := follow.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Errorf("it ended with %v\n%s", err, stderr.text.Bytes())
	}
	usage := follow.ProcessState
	t.Logf("%d lines, written at %.0f a second, read after %.1f s; %.1f CPU s per million lines, memory of its own %d KiB at most", total,
		float64(total)/last.Sub(first).Seconds(), took.Seconds(), (usage.UserTime()+usage.SystemTime()).Seconds()*1e6/float64(total), memory)
	if memory > most {
		t.Errorf("it took %d KiB of memory, want %d at most", memory, most)
	}
	if total != pods*(lines+1) {
		t.Errorf("%d lines came, want %d", total, pods*(lines+1))
	}
	for i := range pods {
		missing, again := []int{}, 0
		for j := range lines {
			switch n := seen[fmt.Sprintf("w%d line %d", i, j)]; {
			case n == 0:
				missing = append(missing, j)
			case n > 1:
				again++
			}
		}
		if len(missing)+again > 0 {
			stored, err := p.kube.CoreV1().Pods(p.namespace).GetLogs(fmt.Sprint("w", i), &corev1.PodLogOptions{}).DoRaw(t.Context())
			t.Errorf("pod w%d: %d lines came again, missing are %v (the cluster has %d lines, %v)", i, again, missing, bytes.Count(stored, []byte("\n")), err)
		}
	}

	p.logs("w3 app │ line 49990\nw3 app │ line 49999\n", "--pod", "w3", "--grep", "^line 4999[0-9]$", "--exclude", "[1-8]$")
	p.logs("w4 app │ ERROR the end pod=4\n", "--pod", "/^.4$/", "--level", "error")
	p.logs("w3 app │ {\"level\":\"error\",\"msg\":\"the end\",\"pod\":3}\n", "--pod", "w3", "--tail", "1", "--raw")
	p.logs("", "--container", "other")
	p.logs("", "--tail", "0")
}

// A crash that nobody followed shows its last words, and a release that is not
// there is an error.
func TestLogsOfACrash(t *testing.T) {
	p := newProject(t)
	if code, out := p.run("logs", "--follow=false"); code != exitFailed || !strings.Contains(out, "release web: not in the cluster: run devloop up first") {
		t.Errorf("without a release: exit code %d\n%s", code, out)
	}
	p.build("../../logs/testdata/writer", filepath.Join(p.dir, "app", "writer"))
	p.write("app/Dockerfile", "FROM scratch\nCOPY writer file /\nENTRYPOINT [\"/writer\"]\n")
	p.write("chart/templates/config.yaml", `apiVersion: v1
kind: Pod
metadata: {name: crash, labels: {app: crash}}
spec:
  containers:
    - {name: crash, image: {{ .Values.image }}, imagePullPolicy: Never, args: ["-lines", "1", "-end", "panic: last words", "-exit", "3"]}
`)
	p.run("up", "--once")
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		pod, err := p.kube.CoreV1().Pods(p.namespace).Get(t.Context(), "crash", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if s := pod.Status.ContainerStatuses; len(s) > 0 && s[0].State.Waiting != nil && s[0].State.Waiting.Reason == "CrashLoopBackOff" {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the pod does not crash")
		}
	}
	_, out := p.run("logs", "--follow=false")
	if !strings.HasSuffix(out, "crash │ line 0\ncrash │ panic: last words\n") {
		t.Errorf("logs:\n%s", out)
	}
}

// logs compares what devloop logs shows of what there is.
func (p *project) logs(want string, flags ...string) {
	p.t.Helper()
	code, out := p.run(append([]string{"logs", "--follow=false"}, flags...)...)
	if code != exitOK || out != want {
		p.t.Errorf("logs %q: exit code %d\n%s\nwant\n%s", flags, code, out, want)
	}
}

func (p *project) build(from, to string) {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), "go", "build", "-trimpath", "-o", to, from)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("%v\n%s", err, out)
	}
}

// begin has the pods w0, w1, ... begin to write, all at once.
func (p *project) begin(pods int) {
	p.t.Helper()
	for _, path := range []string{"/", "/go"} { // all are there, and then
		g, ctx := errgroup.WithContext(p.t.Context())
		for i := range pods {
			g.Go(func() error {
				for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
					_, err := p.kube.CoreV1().Pods(p.namespace).ProxyGet("http", fmt.Sprint("w", i), "8080", path, nil).DoRaw(ctx)
					if err == nil || path == "/go" || time.Now().After(end) {
						return err
					}
				}
			})
		}
		if err := g.Wait(); err != nil {
			p.t.Fatal(err)
		}
	}
}

// watchMemory looks ten times a second at what a process has beside the pages of its
// program, until peak is called, which tells the most there was, in KiB.
func watchMemory(t *testing.T, pid int) (peak func() int) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	most := make(chan int, 1)
	go func() {
		top := 0
		for ctx.Err() == nil {
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			if err != nil {
				break // it is over
			}
			_, rest, _ := strings.Cut(string(status), "RssAnon:")
			size := 0
			if _, err := fmt.Sscan(rest, &size); err == nil {
				top = max(top, size)
			}
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
			}
		}
		most <- top
	}()
	return func() int {
		stop()
		return <-most
	}
}

// told closes is when something is written to it.
type told struct {
	text bytes.Buffer
	is   chan struct{}
}

func (t *told) Write(p []byte) (int, error) {
	if t.text.Len() == 0 {
		close(t.is)
	}
	return t.text.Write(p)
}
