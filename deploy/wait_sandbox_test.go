//go:build sandbox

package deploy

import (
	"context"
	"errors"
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
			k := s.knowing(t, tt.reasons...)
			f := s.rollout(t, rel)
			k.told(t, s.opts.Patience)
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
