//go:build sandbox

package deploy

import (
	"path/filepath"
	"testing"

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
