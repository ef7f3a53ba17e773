//go:build sandbox

package deploy

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/release"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func TestPlainHelmWorksOnARelease(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, small())
	s.apply(t, rel)
	rel.Set = map[string]any{"who": "moon"}
	s.apply(t, rel)

	cfg := s.helm(t)
	history, err := action.NewHistory(cfg).Run("web")
	if err != nil {
		t.Fatal(err)
	}
	if len(history) != 2 || history[0].Info.Status != release.StatusSuperseded || history[1].Info.Status != release.StatusDeployed {
		t.Fatalf("history = %v", history)
	}
	back := action.NewRollback(cfg)
	back.Version = 1
	if err := back.Run("web"); err != nil {
		t.Fatal(err)
	}
	if got := s.who(t); got != "world" {
		t.Errorf("after helm rollback who is %q", got)
	}
	// The files win again, on top of helm's revision.
	if res := s.apply(t, rel); res.Action != Upgraded || res.Revision != 4 {
		t.Errorf("apply after rollback: %s, revision %d", res.Action, res.Revision)
	}
	if got := s.who(t); got != "moon" {
		t.Errorf("after apply who is %q", got)
	}
	if _, err := action.NewUninstall(cfg).Run("web"); err != nil {
		t.Fatal(err)
	}
	if res := s.apply(t, rel); res.Action != Installed {
		t.Errorf("apply after helm uninstall: %s", res.Action)
	}
}

func TestTakesOverAReleaseOfPlainHelm(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, small())
	ch, err := loader.Load(rel.Chart)
	if err != nil {
		t.Fatal(err)
	}
	in := action.NewInstall(s.helm(t))
	in.ReleaseName, in.Namespace = rel.Name, rel.Namespace
	if _, err := in.Run(ch, map[string]any{}); err != nil {
		t.Fatal(err)
	}
	if res := s.apply(t, rel); res.Action != Unchanged || res.Revision != 1 {
		t.Errorf("apply of what helm installed: %s, revision %d", res.Action, res.Revision)
	}
	rel.Set = map[string]any{"who": "moon"}
	if res := s.apply(t, rel); res.Action != Upgraded || res.Revision != 2 || s.who(t) != "moon" {
		t.Errorf("upgrade of what helm installed: %s, revision %d", res.Action, res.Revision)
	}
	// Without values helm would keep the last ones; the files decide here.
	rel.Set = nil
	if s.apply(t, rel); s.who(t) != "world" {
		t.Errorf("a value that was taken out of the files is still set: %s", s.who(t))
	}
}

func TestPendingReleaseIsRepaired(t *testing.T) {
	for _, status := range []release.Status{release.StatusPendingInstall, release.StatusPendingUpgrade, release.StatusPendingRollback, release.StatusUninstalling} {
		t.Run(status.String(), func(t *testing.T) {
			s := newSandbox(t)
			rel := s.release(t, small())
			s.apply(t, rel)
			if status != release.StatusPendingInstall {
				rel.Set = map[string]any{"who": "moon"}
				s.apply(t, rel)
			}
			store := s.store(s.namespace)
			last, err := store.Last("web")
			if err != nil {
				t.Fatal(err)
			}
			last.Info.Status = status
			last.Info.LastDeployed.Time = time.Now().Add(-time.Minute)
			if err := store.Update(last); err != nil {
				t.Fatal(err)
			}
			rel.Set = map[string]any{"who": "sun"}
			res := s.apply(t, rel)
			if res.Action != Upgraded || res.Revision != last.Version+1 || !strings.Contains(res.Repaired, status.String()) {
				t.Errorf("%s, revision %d, repaired %q", res.Action, res.Revision, res.Repaired)
			}
			if got := s.who(t); got != "sun" {
				t.Errorf("who is %q", got)
			}
			marked, err := store.Get("web", last.Version)
			if err != nil {
				t.Fatal(err)
			}
			if unfinished(marked) || marked.Info.Status == release.StatusDeployed {
				t.Errorf("revision %d is now %s", marked.Version, marked.Info.Status)
			}
		})
	}
}

// A young pending record may be a living helm's: it gets time to end.
func TestYoungPendingReleaseIsAwaited(t *testing.T) {
	s := newSandbox(t)
	s.opts.PendingGrace = time.Minute
	rel := s.release(t, small())
	s.apply(t, rel)
	store := s.store(s.namespace)
	last, err := store.Last("web")
	if err != nil {
		t.Fatal(err)
	}
	last.Info.Status = release.StatusPendingUpgrade
	if err := store.Update(last); err != nil {
		t.Fatal(err)
	}
	type outcome struct {
		Result
		error
	}
	done := make(chan outcome)
	go func() {
		res, err := s.Apply(t.Context(), rel)
		done <- outcome{res, err}
	}()
	select {
	case o := <-done:
		t.Fatalf("did not wait: %+v", o)
	case <-time.After(300 * time.Millisecond):
	}
	last.Info.Status = release.StatusDeployed
	if err := store.Update(last); err != nil {
		t.Fatal(err)
	}
	if o := <-done; o.error != nil || o.Action != Unchanged || o.Repaired != "" {
		t.Errorf("%s, repaired %q, err %v", o.Action, o.Repaired, o.error)
	}
}

// Uninstall is over when the objects are, not when they were asked to go.
func TestUninstallAwaitsTheEnd(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, map[string]string{
		"templates/held.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: held, finalizers: [example.com/hold]}\n",
	})
	s.apply(t, rel)
	done := make(chan error, 1)
	go func() { done <- s.Uninstall(t.Context(), rel.Name, rel.Namespace) }()
	configs := s.kube.CoreV1().ConfigMaps(s.namespace)
	poll(t, "deletion of the config map", func() bool {
		cm, err := configs.Get(t.Context(), "held", metav1.GetOptions{})
		return err == nil && cm.DeletionTimestamp != nil
	})
	select {
	case err := <-done:
		t.Errorf("ended while the config map was still there: %v", err)
		done <- err
	case <-time.After(200 * time.Millisecond):
	}
	if _, err := configs.Patch(t.Context(), "held", types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestFailedFirstInstallIsRepaired(t *testing.T) {
	s := newSandbox(t)
	content := small()
	content["templates/bad.yaml"] = "apiVersion: v1\nkind: Service\nmetadata: {name: bad}\nspec: {ports: [{port: 99999}]}\n"
	rel := s.release(t, content)
	_, err := s.Apply(t.Context(), rel)
	var ae *ApplyError
	if !errors.As(err, &ae) || ae.Object.Name != "bad" || ae.Object.Template != "templates/bad.yaml" {
		t.Fatalf("err = %v, want an ApplyError about bad of templates/bad.yaml", err)
	}
	if err := os.Remove(filepath.Join(rel.Chart, "templates/bad.yaml")); err != nil {
		t.Fatal(err)
	}
	res := s.apply(t, rel)
	if res.Action != Upgraded || res.Revision != 2 {
		t.Errorf("%s, revision %d", res.Action, res.Revision)
	}
	if err := s.wait(t, res); err != nil {
		t.Error(err)
	}
}

func TestApplyErrors(t *testing.T) {
	s := newSandbox(t)
	t.Run("no namespace", func(t *testing.T) {
		rel := s.release(t, small())
		rel.Namespace = s.namespace + "-none"
		_, err := s.Apply(t.Context(), rel)
		if err == nil || !strings.Contains(err.Error(), "createNamespace: true") {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("no namespace of an object's own", func(t *testing.T) {
		rel := s.release(t, map[string]string{"templates/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: far, namespace: " + s.namespace + "-far}\n"})
		rel.Name = "far"
		_, err := s.Apply(t.Context(), rel)
		var ae *ApplyError
		if !errors.As(err, &ae) || ae.Object.Name != "far" || ae.Object.Template != "templates/x.yaml" ||
			!strings.Contains(ae.Hint, `metadata.namespace is "`+s.namespace+`-far"`) || strings.Contains(ae.Hint, "createNamespace") {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("unknown kind", func(t *testing.T) {
		rel := s.release(t, map[string]string{"templates/x.yaml": "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n"})
		_, err := s.Apply(t.Context(), rel)
		var ae *ApplyError
		if !errors.As(err, &ae) || ae.Object.Template != "templates/x.yaml" || ae.Hint == "" {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("immutable field", func(t *testing.T) {
		rel := s.release(t, small())
		rel.Name = "fixed"
		s.apply(t, rel)
		rewrite(t, filepath.Join(rel.Chart, "templates/deployment.yaml"), "app: web", "app: other")
		_, err := s.Apply(t.Context(), rel)
		var ae *ApplyError
		if !errors.As(err, &ae) || ae.Object.Name != "fixed" || ae.Remedy != RemedyForce || !strings.Contains(err.Error(), "spec.selector: field is immutable; the chart changes spec.selector.matchLabels.app") {
			t.Errorf("err = %v", err)
		}
	})
}
