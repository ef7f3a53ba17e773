//go:build e2e || sandbox

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ticking writes a numbered line every 20 ms until it is told to end, and then
// how many there were. With an argument it waits for a request to /go.
const ticking = `package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const edit = 1

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	asked := make(chan struct{}, 1)
	http.HandleFunc("/go", func(http.ResponseWriter, *http.Request) { asked <- struct{}{} })
	go http.ListenAndServe(":8080", nil)
	if len(os.Args) > 1 {
		<-asked
		time.Sleep(100 * time.Millisecond) // for the answer
		return
	}
	for n := 0; ; n++ {
		select {
		case <-time.After(20 * time.Millisecond):
			fmt.Printf("edit %d tick %d\n", edit, n)
		case <-stop:
			fmt.Printf("ended after %d\n", n)
			time.Sleep(300 * time.Millisecond)
			return
		}
	}
}
`

// gate is a hook that holds an upgrade until /go is asked of its pod.
const gate = `apiVersion: v1
kind: Pod
metadata:
  name: gate
  annotations: {helm.sh/hook: pre-upgrade}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 1
  containers:
    - {name: gate, image: {{ .Values.image | quote }}, imagePullPolicy: IfNotPresent, args: [hold]}
`

// TestLogsFlowMeanwhile holds a build, and then an upgrade, for as long as it
// takes to see that logs are shown meanwhile: those of the pods there are, and of
// one that comes.
func TestLogsFlowMeanwhile(t *testing.T) {
	p := open(t, "hello")
	hold := filepath.Join(t.TempDir(), "hold")
	write(t, p.path("server/main.go"), ticking)
	write(t, p.path("chart/templates/gate.yaml"), gate)
	p.replace("devloop.yaml", "prebuild: [make, bin]", fmt.Sprintf(`prebuild: [sh, -c, "make bin && while [ -e %s ]; do sleep 0.05; done"]`, hold))
	p.start("-o", "json")
	p.live()

	write(t, hold, "")
	p.replace("server/main.go", "edit = 1", "edit = 2")
	held := func(stage string) {
		t.Helper()
		eventually(t, "the beginning of "+stage, func() error {
			if s := p.flow(2); !s.began[stage] {
				return fmt.Errorf("%v", s.began)
			}
			return nil
		})
	}
	// more waits until a pod's lines have come for two more seconds, and sees that
	// the stage is still under way.
	more := func(stage, pod string) {
		t.Helper()
		before := len(p.flow(2).lines[pod])
		eventually(t, "lines of pod "+pod+" during "+stage, func() error {
			if n := len(p.flow(2).lines[pod]) - before; n < 100 {
				return fmt.Errorf("%d have come", n)
			}
			return nil
		})
		if s := p.flow(2); s.ended[stage] {
			t.Errorf("%s has ended already", stage)
		}
	}
	held("prebuild")
	pods := api(t).CoreV1().Pods(p.namespace)
	first := p.theOne("")
	more("prebuild", first)
	if err := pods.Delete(t.Context(), first, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	second := p.theOne(first)
	more("prebuild", second)

	if err := os.Remove(hold); err != nil {
		t.Fatal(err)
	}
	held("apply")
	more("apply", second)
	eventually(t, "an answer of the hook's pod", func() error {
		_, err := pods.ProxyGet("http", "gate", "8080", "/go", nil).DoRaw(t.Context())
		return err
	})
	p.live()
	third := p.theOne(second)
	more("nothing", third)
	if err := pods.Delete(t.Context(), third, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}

	for i, pod := range []string{first, second, third} {
		edit := []int{1, 1, 2}[i]
		eventually(t, "the last line of pod "+pod, func() error {
			if lines := p.flow(2).lines[pod]; !strings.HasPrefix(lines[len(lines)-1], "ended") {
				return fmt.Errorf("after %d lines: %s", len(lines), lines[len(lines)-1])
			}
			return nil
		})
		lines := p.flow(2).lines[pod]
		for n, line := range lines {
			want := fmt.Sprintf("edit %d tick %d", edit, n)
			if n == len(lines)-1 {
				want = fmt.Sprintf("ended after %d", n)
			}
			if line != want {
				t.Fatalf("pod %s: line %d is %q, want %q", pod, n, line, want)
			}
		}
	}
	if code, _ := p.stop(syscall.SIGINT); code != 130 {
		t.Errorf("exit code %d", code)
	}
}

// flow is what the events tell so far.
type flow struct {
	lines        map[string][]string // of each pod
	began, ended map[string]bool     // stages of one iteration
}

func (p *project) flow(iteration int) flow {
	p.t.Helper()
	f := flow{map[string][]string{}, map[string]bool{}, map[string]bool{}}
	for line := range strings.Lines(p.out.String()) {
		var e struct {
			Type  string
			Event struct {
				Iteration              int
				Stage, Name, Pod, Text string
			}
		}
		if !strings.HasSuffix(line, "\n") || json.Unmarshal([]byte(line), &e) != nil {
			continue // not an event, or half of one
		}
		switch ours := e.Event.Iteration == iteration; {
		case e.Type == "log":
			f.lines[e.Event.Pod] = append(f.lines[e.Event.Pod], e.Event.Text)
		case ours && e.Type == "began":
			f.began[e.Event.Stage] = true
		case ours && e.Type == "stage":
			f.ended[e.Event.Name] = true
		}
	}
	return f
}

// theOne is the pod of the deployment, once there is one that runs and it is not
// the one before.
func (p *project) theOne(before string) (name string) {
	p.t.Helper()
	eventually(p.t, "another pod than "+before, func() error {
		list, err := api(p.t).CoreV1().Pods(p.namespace).List(p.t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=hello"})
		if err != nil {
			return err
		}
		name = ""
		for _, pod := range list.Items {
			if pod.DeletionTimestamp == nil && pod.Name != before && len(pod.Status.ContainerStatuses) > 0 && pod.Status.ContainerStatuses[0].State.Running != nil {
				name = pod.Name
			}
		}
		if name == "" {
			return fmt.Errorf("there is none of %d", len(list.Items))
		}
		return nil
	})
	return name
}
