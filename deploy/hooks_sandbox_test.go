//go:build sandbox

package deploy

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func (s *sandbox) job(t *testing.T, name string) *batchv1.Job {
	t.Helper()
	job, err := s.kube.BatchV1().Jobs(s.namespace).Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return job
}

func TestHooksAlways(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, hookChart("done"))
	rel.Set = map[string]any{"replicas": 0}
	s.apply(t, rel)
	first := s.job(t, "migrate").UID
	if res := s.apply(t, rel); res.Action != Unchanged {
		t.Fatalf("auto: %s", res.Action)
	}
	rel.Hooks = HooksAlways
	if res := s.apply(t, rel); res.Action != Upgraded || res.Revision != 2 || len(res.Written) != 0 {
		t.Errorf("always: %s, revision %d, written %v", res.Action, res.Revision, res.Written)
	}
	if s.job(t, "migrate").UID == first {
		t.Error("always: the hook did not run")
	}
	// Without hooks always has nothing to do either.
	bare := s.release(t, map[string]string{"templates/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bare}\n"})
	bare.Name, bare.Hooks = "bare", HooksAlways
	s.apply(t, bare)
	if res := s.apply(t, bare); res.Action != Unchanged {
		t.Errorf("always, without hooks: %s", res.Action)
	}
}

// A job that failed stays where its policy deletes it only after a success.
func TestHookLeftBehind(t *testing.T) {
	s := newSandbox(t)
	content := hookChart("crash")
	rel := s.release(t, content)
	rel.Set = map[string]any{"replicas": 0}
	hook := filepath.Join(rel.Chart, "templates/hook.yaml")
	rewrite(t, hook, `annotations: {helm.sh/hook: "pre-install,pre-upgrade"}`, `annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: hook-succeeded}`)
	if _, err := s.Apply(t.Context(), rel); err == nil {
		t.Fatal("a hook that crashes did not fail")
	}
	left := s.job(t, "migrate").UID
	rewrite(t, hook, "args: [crash]", "args: [done]")
	s.apply(t, rel)
	jobs, err := s.kube.BatchV1().Jobs(s.namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, job := range jobs.Items {
		if job.UID == left {
			t.Error("the job that failed is still there")
		}
	}
	// What is no hook is in nobody's way.
	plain := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "migrate"}, Spec: batchv1.JobSpec{Suspend: new(true)}}
	plain.Spec.Template.Spec = corev1.PodSpec{RestartPolicy: "Never", Containers: []corev1.Container{{Name: "main", Image: podImage}}}
	if _, err := s.kube.BatchV1().Jobs(s.namespace).Create(t.Context(), plain, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	uid := s.job(t, "migrate").UID
	rewrite(t, hook, "backoffLimit: 0", "backoffLimit: 1")
	if _, err := s.Apply(t.Context(), rel); err == nil || s.job(t, "migrate").UID != uid {
		t.Errorf("somebody's own job was deleted; err = %v", err)
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
			k := s.knowing(t, tt.reason)
			_, err := s.Apply(t.Context(), rel)
			k.told(t, 0)
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
