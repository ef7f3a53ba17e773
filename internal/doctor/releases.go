package doctor

import (
	"context"
	"fmt"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// releases looks for Helm releases that a process left in the middle of a change.
// Helm keeps a record for each revision, with the state in its labels.
func (e *examination) releases(ctx context.Context) []Finding {
	const check = "releases"
	if e.reached == nil {
		return nil
	}
	var out []Finding
	for _, ns := range e.namespacesOf() {
		records, err := e.reached.client.CoreV1().Secrets(ns).List(ctx, metav1.ListOptions{LabelSelector: "owner=helm"})
		if err != nil {
			continue // told as a permission
		}
		for name, r := range newest(records.Items) {
			out = append(out, e.stuck(ns, name, r)...)
		}
	}
	if len(out) == 0 {
		return ok(check, "none is stuck")
	}
	return out
}

// newest is each release's last record.
func newest(records []corev1.Secret) map[string]corev1.Secret {
	out := map[string]corev1.Secret{}
	for _, r := range records {
		name := r.Labels["name"]
		if last, seen := out[name]; !seen || revision(r) > revision(last) {
			out[name] = r
		}
	}
	return out
}

func revision(r corev1.Secret) int {
	n, err := strconv.Atoi(r.Labels["version"])
	if err != nil {
		return 0
	}
	return n
}

func (e *examination) stuck(ns, name string, r corev1.Secret) []Finding {
	const check = "releases"
	status := r.Labels["status"]
	switch status {
	case "pending-install", "pending-upgrade", "pending-rollback", "uninstalling":
	default:
		return nil
	}
	age := e.Now().Sub(r.CreationTimestamp.Time).Round(time.Second)
	text := fmt.Sprintf("%s/%s revision %d is %s for %s", ns, name, revision(r), status, age)
	if e.Project != nil {
		if _, ours := e.Project.Releases[name]; ours {
			return warn(check, text, "the next devloop up repairs it, unless another process still works on it")
		}
	}
	return warn(check, text, fmt.Sprintf("if nothing works on it any more: helm rollback %s --namespace %s", name, ns))
}
