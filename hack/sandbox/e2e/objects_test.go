//go:build sandbox && linux

package e2e

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// deploy makes a deployment of the test server and waits until it is ready.
func (w *world) deploy(name string, replicas int32) []corev1.Pod {
	w.t.Helper()
	labels := map[string]string{"app": name}
	deployment := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{Containers: []corev1.Container{{
					Name:            "server",
					Image:           testImage,
					ImagePullPolicy: corev1.PullNever,
					Ports:           []corev1.ContainerPort{{ContainerPort: port}},
				}}},
			},
		},
	}
	deployments := w.client.AppsV1().Deployments(w.namespace)
	if _, err := deployments.Create(w.t.Context(), deployment, metav1.CreateOptions{}); err != nil {
		w.t.Fatalf("making the deployment %s: %v", name, err)
	}
	eventually(w.t, "waiting for the deployment "+name, func(ctx context.Context) error {
		d, err := deployments.Get(ctx, name, metav1.GetOptions{})
		if err == nil && d.Status.ReadyReplicas != replicas {
			err = fmt.Errorf("%d of %d pods are ready", d.Status.ReadyReplicas, replicas)
		}
		return err
	})
	pods, err := w.client.CoreV1().Pods(w.namespace).List(w.t.Context(), metav1.ListOptions{LabelSelector: "app=" + name})
	if err != nil {
		w.t.Fatalf("listing the pods of %s: %v", name, err)
	}
	return pods.Items
}

// expose makes a service with a cluster IP and a node port.
func (w *world) expose(name string) *corev1.Service {
	w.t.Helper()
	service, err := w.client.CoreV1().Services(w.namespace).Create(w.t.Context(), &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.ServiceSpec{
			Type:     corev1.ServiceTypeNodePort,
			Selector: map[string]string{"app": name},
			Ports:    []corev1.ServicePort{{Port: port}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		w.t.Fatalf("making the service %s: %v", name, err)
	}
	return service
}
