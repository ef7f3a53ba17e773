//go:build sandbox

package fidelity

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"helm.sh/helm/v3/pkg/release"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/devloop-dev/devloop/deploy"
)

// releaseName is the name of each release of the corpus.
const releaseName = "rel"

// side is one of the releases that are compared.
type side struct {
	name       string
	engine     engine
	helm       plain
	namespaces []string // the release's, then the others
	dir        string   // where its files are
	journal    *journal // nil where the chart has no hooks
	ids        identities
}

// outcome is what a step did on one side.
type outcome struct {
	unchanged bool
	err       error
}

// seen is what a side looks like after a step.
type seen struct {
	objects map[string]any
	history history
	hooks   []string
}

// do carries out a step. The error that is not in the outcome is the test's own.
func (s *side) do(ctx context.Context, w *world, p *project, st step) (outcome, error) {
	ns := s.namespaces[0]
	for _, e := range st.Live {
		if err := s.edit(ctx, w, e); err != nil {
			return outcome{}, fmt.Errorf("%s, by hand: %w", s.name, err)
		}
	}
	switch {
	case st.Rollback > 0:
		records, err := s.helm.records(releaseName, ns)
		if err != nil {
			return outcome{}, err
		}
		version, err := newHistory(records).version(st.Rollback)
		if err != nil {
			return outcome{}, fmt.Errorf("%s: %w", s.name, err)
		}
		return outcome{err: s.helm.rollback(releaseName, ns, version)}, nil
	case st.Uninstall == "engine":
		return outcome{err: s.engine.uninstall(ctx, releaseName, ns)}, nil
	case st.Uninstall != "":
		return outcome{err: s.helm.remove(releaseName, ns, st.Uninstall == "keep")}, nil
	case st.Test:
		return outcome{err: s.helm.test(releaseName, ns)}, nil
	}
	rel := deploy.Release{Name: releaseName, Namespace: ns, Set: p.set, Labels: map[string]string{"devloop.dev/project": "fidelity"}}
	if st.NoHooks {
		rel.Hooks = deploy.HooksNever
	}
	var err error
	if rel.Chart, rel.Values, err = p.write(s.dir, ns); err != nil {
		return outcome{}, err
	}
	unchanged, err := s.engine.apply(ctx, rel)
	return outcome{unchanged, err}, nil
}

func (s *side) edit(ctx context.Context, w *world, e liveEdit) error {
	ns := s.namespaces[0]
	if e.Create != "" {
		var o unstructured.Unstructured
		if err := yaml.Unmarshal([]byte(strings.ReplaceAll(e.Create, placeholder, ns)), &o.Object); err != nil {
			return err
		}
		mapping, err := w.resource(o.GroupVersionKind())
		if err != nil {
			return err
		}
		_, err = w.dynamic.Resource(mapping.Resource).Namespace(ns).Create(ctx, &o, metav1.CreateOptions{FieldManager: "kubectl"})
		return err
	}
	ref := strings.ReplaceAll(e.Patch+e.Delete, placeholder, ns)
	gvr, name, err := w.named(ref)
	if err != nil {
		return err
	}
	client := w.dynamic.Resource(gvr).Namespace(ns)
	if e.Delete != "" {
		background := metav1.DeletePropagationBackground
		if err := client.Delete(ctx, name, metav1.DeleteOptions{PropagationPolicy: &background}); err != nil {
			return err
		}
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
			if _, err := client.Get(ctx, name, metav1.GetOptions{}); apierrors.IsNotFound(err) {
				return nil
			}
			time.Sleep(20 * time.Millisecond)
		}
		return fmt.Errorf("%s does not go", ref)
	}
	body, err := json.Marshal(e.With)
	if err != nil {
		return err
	}
	kind := types.StrategicMergePatchType
	if e.Type == "merge" {
		kind = types.MergePatchType
	}
	_, err = client.Patch(ctx, name, kind, []byte(strings.ReplaceAll(string(body), placeholder, ns)), metav1.PatchOptions{FieldManager: "kubectl"})
	return err
}

// look reads what the step has left.
func (s *side) look(ctx context.Context, w *world, k kinds) (seen, error) {
	records, err := s.helm.records(releaseName, s.namespaces[0])
	if err != nil {
		return seen{}, err
	}
	out := seen{history: newHistory(records)}
	live, err := w.snapshot(ctx, s, k)
	if err != nil {
		return seen{}, fmt.Errorf("%s: %w", s.name, err)
	}
	if out.objects, err = normal(live, s.namespaces[0], s.ids); err != nil {
		return seen{}, err
	}
	if s.journal != nil {
		out.hooks, err = s.journal.take(ctx)
	}
	return out, err
}

// manifests are the objects of all records, hooks included.
func manifests(records []*release.Release) ([]*unstructured.Unstructured, error) {
	var out []*unstructured.Unstructured
	for _, r := range records {
		texts := []string{r.Manifest}
		for _, h := range r.Hooks {
			texts = append(texts, h.Manifest)
		}
		for _, text := range texts {
			for _, doc := range strings.Split("\n"+text, "\n---") {
				var o unstructured.Unstructured
				if err := yaml.Unmarshal([]byte(doc), &o.Object); err != nil || o.Object == nil {
					continue // not helm's business, so not ours
				}
				if list, err := o.ToList(); o.IsList() && err == nil {
					for i := range list.Items {
						out = append(out, &list.Items[i])
					}
					continue
				}
				out = append(out, &o)
			}
		}
	}
	return out, nil
}
