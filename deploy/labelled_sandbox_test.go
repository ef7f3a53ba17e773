//go:build sandbox

package deploy

import (
	"slices"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
)

// The labels of an install stay with the release, whoever writes its next revision,
// and are never on one that helm installed.
func TestLabelsOfAnInstall(t *testing.T) {
	s := newSandbox(t)
	label := map[string]string{"example.com/made-by": "us"}
	files := map[string]string{"templates/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}{{ .Values.suffix }}}\ndata: {n: {{ .Values.n | quote }}}\n"}
	ours, theirs := s.release(t, files), s.release(t, files)
	theirs.Name = "theirs"
	ch := func() *chart.Chart {
		loaded, err := loader.Load(ours.Chart)
		if err != nil {
			t.Fatal(err)
		}
		return loaded
	}
	install := func(name string, replace bool) {
		t.Helper()
		in := action.NewInstall(s.helm(t))
		in.ReleaseName, in.Namespace, in.Replace = name, s.namespace, replace
		if _, err := in.Run(ch(), map[string]any{"n": 0}); err != nil {
			t.Fatal(err)
		}
	}
	labelled := func(after string, want ...string) {
		t.Helper()
		got, err := s.Labelled(t.Context(), s.namespace, label)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("after %s: %q, %v; want %q", after, got, err, want)
		}
	}
	labelled("nothing")
	install("theirs", false)
	for n := range 3 {
		for _, rel := range []Release{ours, theirs} {
			rel.Labels, rel.Set = label, map[string]any{"n": n + 1}
			if res := s.apply(t, rel); res.Action == Unchanged {
				t.Fatal("nothing was written")
			}
		}
		labelled("an apply", "web")
	}
	up := action.NewUpgrade(s.helm(t))
	up.Namespace = s.namespace
	if _, err := up.Run("web", ch(), map[string]any{"n": 10}); err != nil {
		t.Fatal(err)
	}
	labelled("helm upgrade", "web")
	back := action.NewRollback(s.helm(t))
	back.Version = 1
	if err := back.Run("web"); err != nil {
		t.Fatal(err)
	}
	labelled("helm rollback", "web")
	list := action.NewList(s.helm(t))
	list.Selector = "example.com/made-by=us"
	if found, err := list.Run(); err != nil || len(found) != 1 || found[0].Name != "web" || found[0].Version != 5 {
		t.Errorf("helm list -l: %v, %v", found, err)
	}
	if _, err := up.Run("web", ch(), map[string]any{"suffix": "_NO"}); err == nil {
		t.Fatal("an object of an impossible name was made")
	}
	labelled("a failed helm upgrade", "web") // of which two records are not superseded
	un := action.NewUninstall(s.helm(t))
	un.KeepHistory = true
	if _, err := un.Run("web"); err != nil {
		t.Fatal(err)
	}
	labelled("helm uninstall --keep-history")
	install("web", true)
	labelled("helm install --replace")
}
