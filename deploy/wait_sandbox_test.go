//go:build sandbox

package deploy

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// rollout applies a release that must fail and returns its only failure.
func (s *sandbox) rollout(t *testing.T, rel Release) Failure {
	t.Helper()
	start := time.Now()
	err := s.wait(t, s.apply(t, rel))
	var re *RolloutError
	if !errors.As(err, &re) {
		t.Fatalf("err = %v, want a RolloutError", err)
	}
	t.Logf("told after %s: %v", time.Since(start).Round(time.Millisecond), err)
	if len(re.Failures) != 1 {
		t.Fatalf("%d failures: %v", len(re.Failures), err)
	}
	return re.Failures[0]
}

func TestRolloutFailures(t *testing.T) {
	tests := []struct {
		name               string
		set                map[string]any
		edit               [2]string // of the deployment's template
		reasons            []string
		message            string
		log                string
		perhapsNoContainer bool
	}{
		{name: "crash loop", set: map[string]any{"mode": "crash"}, reasons: []string{"CrashLoopBackOff", "Error"}, message: "exit code 3", log: "panic: no database at db:5432"},
		{name: "no image", set: map[string]any{"image": "nowhere.invalid/app:1"}, reasons: []string{"ErrImagePull", "ImagePullBackOff"}, message: "nowhere.invalid/app:1"},
		{name: "bad image name", set: map[string]any{"image": "UPPER:case"}, reasons: []string{"InvalidImageName"}},
		{name: "out of memory", set: map[string]any{"mode": "hog"}, edit: [2]string{"args:", "resources: {limits: {memory: 32Mi}}\n        args:"}, reasons: []string{"OOMKilled"}},
		{name: "missing config map", edit: [2]string{"args:", "envFrom: [{configMapRef: {name: none}}]\n        args:"}, reasons: []string{"CreateContainerConfigError"}, message: `configmap "none" not found`},
		{name: "unschedulable", edit: [2]string{"containers:", "nodeSelector: {no: node}\n      containers:"}, reasons: []string{"Unschedulable"}, message: "node", perhapsNoContainer: true},
		{name: "missing volume", edit: [2]string{"containers:\n      - name: main", "volumes: [{name: v, secret: {secretName: none}}]\n      containers:\n      - name: main\n        volumeMounts: [{name: v, mountPath: /v}]"}, reasons: []string{"FailedMount"}, message: `secret "none" not found`, perhapsNoContainer: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t)
			s.opts.Patience = time.Second
			content := small()
			if tt.edit[0] != "" {
				content["templates/deployment.yaml"] = strings.Replace(content["templates/deployment.yaml"], tt.edit[0], tt.edit[1], 1)
			}
			rel := s.release(t, content)
			rel.Set = tt.set
			f := s.rollout(t, rel)
			if !slices.Contains(tt.reasons, f.Reason) || !strings.Contains(f.Message, tt.message) {
				t.Errorf("reason %q, message %q", f.Reason, f.Message)
			}
			if f.Object.Kind != "Deployment" || f.Template != "templates/deployment.yaml" || !strings.HasPrefix(f.Pod, "web-") {
				t.Errorf("failure = %+v", f)
			}
			if f.Container != "main" && !tt.perhapsNoContainer {
				t.Errorf("container %q", f.Container)
			}
			if tt.log != "" && (len(f.Logs) == 0 || f.Logs[len(f.Logs)-1] != tt.log) {
				t.Errorf("last log lines %q", f.Logs)
			}
		})
	}
}

func TestRepairedFileEndsAFailedRollout(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, small())
	rel.Set = map[string]any{"mode": "crash"}
	s.rollout(t, rel)
	rel.Set = nil
	if err := s.wait(t, s.apply(t, rel)); err != nil {
		t.Errorf("the old revision's pod is held against the new one: %v", err)
	}
}

func TestASingleCrashIsForgiven(t *testing.T) {
	s := newSandbox(t)
	content := small()
	content["templates/deployment.yaml"] = strings.Replace(content["templates/deployment.yaml"], "args:",
		"volumeMounts: [{name: data, mountPath: /data}]\n        args:", 1) + "      volumes: [{name: data, emptyDir: {}}]\n"
	rel := s.release(t, content)
	rel.Set = map[string]any{"mode": "crash-once"}
	if err := s.wait(t, s.apply(t, rel)); err != nil {
		t.Fatal(err)
	}
	pods, err := s.kube.CoreV1().Pods(s.namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if n := pods.Items[0].Status.ContainerStatuses[0].RestartCount; n != 1 {
		t.Errorf("the container was restarted %d times, want 1", n)
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	s := newSandbox(t)
	content := small()
	content["templates/deployment.yaml"] = strings.Replace(content["templates/deployment.yaml"], "path: /,", "path: /, host: 192.0.2.1,", 1)
	res := s.apply(t, s.release(t, content))
	ctx, cancel := context.WithCancel(t.Context())
	var ended time.Time
	err := s.Wait(ctx, res, func(st Status) {
		if st.Total == 1 && st.Objects[0].Want == 1 { // it has seen the deployment
			ended = time.Now()
			cancel()
		}
	})
	if took := time.Since(ended); !errors.Is(err, context.Canceled) || took > 500*time.Millisecond {
		t.Errorf("after %s: %v", took, err)
	}
	if !strings.Contains(err.Error(), "Deployment/web") {
		t.Errorf("the error does not say what was awaited: %v", err)
	}
}

func hookChart(mode string) map[string]string {
	content := small()
	content["templates/hook.yaml"] = `apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations: {helm.sh/hook: "pre-install,pre-upgrade"}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: {{ .Values.hookImage | default "` + podImage + `" }}, imagePullPolicy: IfNotPresent, args: [` + mode + `]}]
`
	return content
}

func TestHooksRun(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, hookChart("done"))
	s.apply(t, rel)
	first, err := s.kube.BatchV1().Jobs(s.namespace).Get(t.Context(), "migrate", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if first.Status.Succeeded != 1 {
		t.Errorf("Apply did not wait for the hook: %+v", first.Status)
	}
	if res := s.apply(t, rel); res.Action != Unchanged {
		t.Errorf("apply of the same: %s", res.Action)
	}
	rel.Set = map[string]any{"who": "moon"}
	s.apply(t, rel)
	second, err := s.kube.BatchV1().Jobs(s.namespace).Get(t.Context(), "migrate", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if second.UID == first.UID {
		t.Error("an upgrade did not run the hook again")
	}
	rewrite(t, filepath.Join(rel.Chart, "templates/hook.yaml"), "backoffLimit: 0", "backoffLimit: 1")
	if res := s.apply(t, rel); res.Action != Upgraded || len(res.Written) != 0 {
		t.Errorf("a changed hook alone: %s, written %v", res.Action, res.Written)
	}
	second, err = s.kube.BatchV1().Jobs(s.namespace).Get(t.Context(), "migrate", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rel.Set, rel.Hooks = map[string]any{"who": "sun"}, HooksNever
	s.apply(t, rel)
	third, err := s.kube.BatchV1().Jobs(s.namespace).Get(t.Context(), "migrate", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if third.UID != second.UID {
		t.Error("a hook ran in spite of HooksNever")
	}
}

func TestFailedHooksSayWhy(t *testing.T) {
	for name, tt := range map[string]struct {
		mode, image, reason, log string
	}{
		"crash":    {"crash", podImage, "BackoffLimitExceeded", "panic: no database at db:5432"},
		"no image": {"done", "nowhere.invalid/app:1", "ErrImagePull", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t)
			rel := s.release(t, hookChart(tt.mode))
			rel.Set = map[string]any{"hookImage": tt.image}
			_, err := s.Apply(t.Context(), rel)
			var re *RolloutError
			if !errors.As(err, &re) {
				t.Fatalf("err = %v", err)
			}
			f := re.Failures[0]
			if f.Reason != tt.reason || f.Object.Name != "migrate" || f.Template != "templates/hook.yaml" {
				t.Errorf("failure = %+v", f)
			}
			if tt.log != "" && (len(f.Logs) == 0 || f.Logs[len(f.Logs)-1] != tt.log) {
				t.Errorf("last log lines %q", f.Logs)
			}
			rel.Hooks = HooksNever
			if err := s.wait(t, s.apply(t, rel)); err != nil {
				t.Errorf("apply after a failed hook: %v", err)
			}
		})
	}
}

// A cancelled Apply ends its wait for a hook and leaves a finished record.
func TestCancelledApplyLeavesNoPendingRelease(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, hookChart("serve")) // never done
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := s.Apply(ctx, rel)
		done <- err
	}()
	poll(t, "the hook's job", func() bool {
		_, err := s.kube.BatchV1().Jobs(s.namespace).Get(t.Context(), "migrate", metav1.GetOptions{})
		return err == nil
	})
	start := time.Now()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("took %s to end", took)
	}
	last, err := s.last(t.Context(), s.namespace, "web")
	if err != nil {
		t.Fatal(err)
	}
	if unfinished(last) {
		t.Errorf("the release is left %s", last.Info.Status)
	}
}

func poll(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("no %s after 20s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
