package cli

import (
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

// What a rollout is ending need not be kept: it takes seconds, and the tidier looks
// once. What an operator makes a pod from is known of the pod alone.
func TestImagesOfPodsThatAreBeingEnded(t *testing.T) {
	pod := func(name, owner string, ends bool) *corev1.Pod {
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Image: name}}}}
		if owner != "" {
			yes := true
			p.OwnerReferences = []metav1.OwnerReference{{Kind: owner, Controller: &yes}}
		}
		if ends {
			p.DeletionTimestamp = &metav1.Time{Time: time.Now()}
		}
		return p
	}
	c := fake.NewClientset(pod("stays", "ReplicaSet", false), pod("ends", "ReplicaSet", true),
		pod("bare", "", true), pod("operated", "Cluster", true))
	used, err := usedImages(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(used)
	if want := []string{"bare", "operated", "stays"}; !slices.Equal(used, want) {
		t.Errorf("images that are used: %q, want %q", used, want)
	}
}
