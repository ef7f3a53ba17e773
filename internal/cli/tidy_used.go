package cli

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// imageField finds the images in an object of any kind as JSON.
var imageField = regexp.MustCompile(`"image":"([^"]+)"`)

// usedImages are the references that pods of the cluster are made from or may be:
// those of pods that stay and of everything that makes pods, with the replica sets and
// controller revisions that a workload can be rolled back to.
func usedImages(ctx context.Context, c kubernetes.Interface) ([]string, error) {
	var refs []string
	add := func(specs ...corev1.PodSpec) {
		for _, s := range specs {
			for _, c := range append(s.InitContainers, s.Containers...) {
				refs = append(refs, c.Image)
			}
		}
	}
	lists := []struct {
		kind string
		list func() error
	}{
		{"pods", func() error {
			l, err := c.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
			if err == nil {
				for _, o := range l.Items {
					if !replaced(&o) {
						add(o.Spec)
					}
				}
			}
			return err
		}},
		{"replica sets", func() error {
			l, err := c.AppsV1().ReplicaSets("").List(ctx, metav1.ListOptions{})
			if err == nil {
				for _, o := range l.Items {
					add(o.Spec.Template.Spec)
				}
			}
			return err
		}},
		{"deployments", func() error {
			l, err := c.AppsV1().Deployments("").List(ctx, metav1.ListOptions{})
			if err == nil {
				for _, o := range l.Items {
					add(o.Spec.Template.Spec)
				}
			}
			return err
		}},
		{"stateful sets", func() error {
			l, err := c.AppsV1().StatefulSets("").List(ctx, metav1.ListOptions{})
			if err == nil {
				for _, o := range l.Items {
					add(o.Spec.Template.Spec)
				}
			}
			return err
		}},
		{"daemon sets", func() error {
			l, err := c.AppsV1().DaemonSets("").List(ctx, metav1.ListOptions{})
			if err == nil {
				for _, o := range l.Items {
					add(o.Spec.Template.Spec)
				}
			}
			return err
		}},
		{"controller revisions", func() error {
			l, err := c.AppsV1().ControllerRevisions("").List(ctx, metav1.ListOptions{})
			if err == nil {
				for _, o := range l.Items {
					for _, found := range imageField.FindAllSubmatch(o.Data.Raw, -1) {
						refs = append(refs, string(found[1]))
					}
				}
			}
			return err
		}},
		{"jobs", func() error {
			l, err := c.BatchV1().Jobs("").List(ctx, metav1.ListOptions{})
			if err == nil {
				for _, o := range l.Items {
					add(o.Spec.Template.Spec)
				}
			}
			return err
		}},
		{"cron jobs", func() error {
			l, err := c.BatchV1().CronJobs("").List(ctx, metav1.ListOptions{})
			if err == nil {
				for _, o := range l.Items {
					add(o.Spec.JobTemplate.Spec.Template.Spec)
				}
			}
			return err
		}},
	}
	for _, l := range lists {
		if err := l.list(); err != nil {
			return nil, fmt.Errorf("see which images the cluster uses: list its %s: %w", l.kind, err)
		}
	}
	return refs, nil
}

// replaced says that a pod is being ended and that the next one is made from what
// one of the listed kinds says: no other pod is made from its image because of it.
func replaced(pod *corev1.Pod) bool {
	if pod.DeletionTimestamp == nil {
		return false
	}
	owner := metav1.GetControllerOf(pod)
	return owner != nil && slices.Contains([]string{"ReplicaSet", "StatefulSet", "DaemonSet", "Job"}, owner.Kind)
}
