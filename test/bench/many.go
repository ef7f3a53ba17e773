package main

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/devloop-dev/devloop/internal/observe"
	"github.com/devloop-dev/devloop/test/bench/project"
	"github.com/devloop-dev/devloop/test/bench/report"
)

// note counts the edits of a scenario, so that each is a new one. of makes them
// other ones than those of an earlier benchmark, of which caches know.
type note struct {
	of string
	n  int
}

func (n *note) next() string {
	n.n++
	return strings.TrimSpace(fmt.Sprintf("edit %d %s", n.n, n.of))
}

// noted is the edit of config map i of a release.
func noted(namespace, release string, i int, text string) change {
	return change{
		file: project.Template(i), text: project.ConfigMap(i, text),
		object: observe.ConfigMap(namespace, project.ConfigMapName(release, i)),
		seen:   []observe.Condition{observe.Data(project.NoteKey, text)},
	}
}

// chartOf writes a project of one release named demo, installs it by devloop and
// returns the running loop and the folder of the chart.
func (b *bench) chartOf(ctx context.Context, namespace string, chart project.Files) (*loop, string, error) {
	dir, err := b.folder("devloop")
	if err != nil {
		return nil, "", err
	}
	config := project.Config("bench", "", project.Release{Name: release, Namespace: namespace, Chart: "chart"})
	if err := chart.Under("chart").With(project.Files{"devloop.yaml": config}).Write(dir); err != nil {
		return nil, "", err
	}
	l, err := b.up(ctx, dir)
	return l, dir + "/chart", err
}

// release is the name of the release where a project has only one.
const release = "demo"

// installed writes the chart for the helm arm, installs it in a namespace of the
// arm's own and returns that and its folder.
func (b *bench) installed(ctx context.Context, arm string, chart project.Files, args ...string) (namespace, dir string, err error) {
	if namespace, err = b.namespace(ctx, arm); err != nil {
		return "", "", err
	}
	if dir, err = b.folder("helm"); err != nil {
		return "", "", err
	}
	if err := chart.Write(dir); err != nil {
		return "", "", err
	}
	return namespace, dir, b.runHelm(ctx, append([]string{"install", release, dir, "--namespace", namespace}, args...)...)
}

// floorOfNotes is the floor for an edit of a config map: the patch of one that
// stands alone.
func (b *bench) floorOfNotes(ctx context.Context, n *note) (arm, error) {
	ns, err := b.namespace(ctx, "floor")
	if err != nil {
		return arm{}, err
	}
	name := project.ConfigMapName(release, 0)
	_, err = b.client.CoreV1().ConfigMaps(ns).Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	if err != nil {
		return arm{}, fmt.Errorf("make config map %s: %w", name, err)
	}
	return arm{Name: "floor", Runs: b.runs, Trial: func(ctx context.Context) (sample, error) {
		text := n.next()
		return b.patched(ctx, noted(ns, release, 0, text), fmt.Sprintf(`{"data":{%q:%q}}`, project.NoteKey, text))
	}}, nil
}

// noteArms are devloop, helm and the floor for the edit of one of a chart's
// first n config maps, a different one each time.
func (b *bench) noteArms(ctx context.Context, chart project.Files, n, helmRuns int) ([]arm, error) {
	edits := &note{}
	ns, err := b.namespace(ctx, "devloop")
	if err != nil {
		return nil, err
	}
	l, dir, err := b.chartOf(ctx, ns, chart)
	if err != nil {
		return nil, err
	}
	helmNS, helmDir, err := b.installed(ctx, "helm", chart)
	if err != nil {
		return nil, err
	}
	floor, err := b.floorOfNotes(ctx, edits)
	return []arm{
		{report.Subject, b.runs, func(ctx context.Context) (sample, error) {
			return b.saved(ctx, l, dir, noted(ns, release, b.random.IntN(n), edits.next()))
		}},
		{"helm", helmRuns, func(ctx context.Context) (sample, error) {
			return b.upgraded(ctx, helmDir, noted(helmNS, release, b.random.IntN(n), edits.next()), release, helmDir, "--namespace", helmNS)
		}},
		floor,
	}, err
}
