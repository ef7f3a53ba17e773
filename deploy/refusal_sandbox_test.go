//go:build sandbox

package deploy

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// noPods is a quota that admits no pod.
func (s *sandbox) noPods(t *testing.T) {
	t.Helper()
	quotas := s.kube.CoreV1().ResourceQuotas(s.namespace)
	_, err := quotas.Create(t.Context(), &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "tight"},
		Spec: corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{"pods": resource.MustParse("0")}}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	poll(t, "quota in force", func() bool {
		q, err := quotas.Get(t.Context(), "tight", metav1.GetOptions{})
		return err == nil && len(q.Status.Hard) > 0
	})
}

const podTemplate = `
  template:
    metadata: {labels: {app: web}}
    spec:
      restartPolicy: RESTART
      containers: [{name: main, image: ` + podImage + `, imagePullPolicy: IfNotPresent, args: [serve]}]
`

// workload is a chart with one object that makes pods.
func workload(kind string) map[string]string {
	version, spec, restart := "apps/v1", "  selector: {matchLabels: {app: web}}", "Always"
	switch kind {
	case "Job":
		version, spec, restart = "batch/v1", "  backoffLimit: 1", "Never"
	case "StatefulSet":
		spec += "\n  serviceName: web"
	}
	return map[string]string{"templates/web.yaml": "apiVersion: " + version + "\nkind: " + kind + "\nmetadata: {name: web}\nspec:\n" +
		spec + strings.Replace(podTemplate, "RESTART", restart, 1)}
}

// What a quota refuses is told in the cluster's words, whatever makes the pods,
// and the rollout goes on when the quota gives way.
func TestRefusedPods(t *testing.T) {
	for _, kind := range []string{"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t)
			s.opts.Patience = time.Second
			s.noPods(t)
			rel := s.release(t, workload(kind))
			k := s.knowing(t, "FailedCreate")
			f := s.rollout(t, rel)
			k.told(t, s.opts.Patience)
			if f.Reason != "FailedCreate" || !strings.Contains(f.Message, "exceeded quota: tight") || f.Object.Kind != kind || f.Template != "templates/web.yaml" {
				t.Errorf("failure = %+v", f)
			}
		})
	}
}

// What was refused once does not fail a rollout whose pods are there.
func TestAnOldRefusalIsForgotten(t *testing.T) {
	s := newSandbox(t)
	s.opts.Patience = time.Second
	s.noPods(t)
	rel := s.release(t, workload("DaemonSet"))
	s.rollout(t, rel)
	if err := s.kube.CoreV1().ResourceQuotas(s.namespace).Delete(t.Context(), "tight", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	// The controller has its own pace; an edit has it look at once.
	rewrite(t, rel.Chart+"/templates/web.yaml", "metadata: {name: web}", "metadata: {name: web, annotations: {edit: one}}")
	s.opts.Patience = time.Minute
	if err := s.wait(t, s.apply(t, rel)); err != nil {
		t.Fatal(err)
	}
	s.opts.Patience = time.Millisecond
	if err := s.wait(t, s.apply(t, rel)); err != nil {
		t.Errorf("the refusal of before is held against it: %v", err)
	}
}

// A volume claim that waits for its first pod holds nothing up; one that a pod
// uses does until it is bound.
func TestVolumeClaims(t *testing.T) {
	s := newSandbox(t)
	s.opts.Patience = time.Second
	class := s.namespace
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() {
		_ = s.kube.StorageV1().StorageClasses().Delete(ctx, class, metav1.DeleteOptions{})
		_ = s.kube.CoreV1().PersistentVolumes().Delete(ctx, class, metav1.DeleteOptions{})
	})
	s.create(t, `{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: `+class+`}, provisioner: kubernetes.io/no-provisioner, volumeBindingMode: WaitForFirstConsumer}`)
	claim := "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {accessModes: [ReadWriteOnce], storageClassName: CLASS, resources: {requests: {storage: 1Mi}}}\n"

	rel := s.release(t, map[string]string{"templates/claim.yaml": strings.Replace(claim, "CLASS", class, 1)})
	if err := s.wait(t, s.apply(t, rel)); err != nil {
		t.Fatalf("a claim that no pod uses: %v", err)
	}

	// With a pod the claim has to be bound, which it is to this volume.
	s.create(t, `{apiVersion: v1, kind: PersistentVolume, metadata: {name: `+class+`}, spec: {accessModes: [ReadWriteOnce], storageClassName: `+class+
		`, capacity: {storage: 1Mi}, hostPath: {path: /tmp}}}`)
	content := workload("Deployment")
	content["templates/web.yaml"] = strings.Replace(content["templates/web.yaml"], "restartPolicy: Always", "volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]", 1)
	content["templates/claim.yaml"] = strings.Replace(claim, "CLASS", class, 1)
	rel.Chart = s.release(t, content).Chart
	if err := s.wait(t, s.apply(t, rel)); err != nil {
		t.Fatal(err)
	}
	got, err := s.kube.CoreV1().PersistentVolumeClaims(s.namespace).Get(t.Context(), "data", metav1.GetOptions{})
	if err != nil || got.Status.Phase != corev1.ClaimBound {
		t.Errorf("%v: the claim is %s though its pod runs", err, got.Status.Phase)
	}

	rel = s.release(t, map[string]string{"templates/claim.yaml": strings.Replace(claim, "CLASS", "none-such", 1)})
	rel.Name = "lost"
	rewrite(t, rel.Chart+"/templates/claim.yaml", "name: data", "name: other")
	f := s.rollout(t, rel)
	if f.Reason != "ProvisioningFailed" || !strings.Contains(f.Message, `"none-such" not found`) || f.Object.Name != "other" {
		t.Errorf("failure = %+v", f)
	}
}
