//go:build sandbox

package deploy

import (
	"errors"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Of many objects of a kind only versions are looked at. What somebody did to
// them shows all the same.
func TestManyObjects(t *testing.T) {
	s := newSandbox(t)
	rel := s.release(t, many(40))
	configs := s.kube.CoreV1().ConfigMaps(s.namespace)
	foreign := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "cm-7"}, Data: map[string]string{"index": "mine"}}
	if _, err := configs.Create(t.Context(), foreign, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	var ae *ApplyError
	if _, err := s.Apply(t.Context(), rel); !errors.As(err, &ae) || ae.Object.Name != "cm-7" || ae.Remedy != RemedyAdopt {
		t.Fatalf("an install over a foreign object: %v", err)
	}
	if _, err := configs.Get(t.Context(), "cm-1", metav1.GetOptions{}); err == nil {
		t.Error("an install that was refused made objects")
	}
	s.remove(t, cmResource, "cm-7")

	who := 0
	next := func() Result {
		t.Helper()
		who++
		rel.Set = map[string]any{"who": fmt.Sprint(who)}
		res := s.apply(t, rel)
		if s.who(t) != fmt.Sprint(who) {
			t.Errorf("who is %s after edit %d", s.who(t), who)
		}
		return res
	}
	if res := next(); len(res.Written) != 41 {
		t.Errorf("install wrote %d", len(res.Written))
	}
	start := time.Now()
	edit := next()
	whole := time.Since(start)
	if len(edit.Written) != 1 {
		t.Errorf("an edit wrote %v", edit.Written)
	}
	took := edit.Stages
	for _, d := range []time.Duration{took.Load, took.Render, took.Read, took.Write, took.Record} {
		if d <= 0 {
			t.Errorf("a stage of an upgrade took nothing: %+v", took)
		}
	}
	if sum := took.Load + took.Render + took.Read + took.Write + took.Record; sum > whole {
		t.Errorf("stages add up to %s of %s: %+v", sum, whole, took)
	}
	for range 2 {
		s.edit(t, cmResource, "cm-3", `{"data":{"index":"hand"}}`)
		s.remove(t, cmResource, "cm-9")
		if res := next(); len(res.Written) != 3 {
			t.Errorf("an edit wrote %v, want config, cm-3 and cm-9", res.Written)
		}
		for name, want := range map[string]string{"cm-3": "3", "cm-9": "9"} {
			cm, err := configs.Get(t.Context(), name, metav1.GetOptions{})
			if err != nil || cm.Data["index"] != want {
				t.Errorf("%s is %v, %v", name, cm.Data, err)
			}
		}
	}
	// Somebody else's revision in between is noticed.
	s.helmUpgrade(t, Release{Name: rel.Name, Namespace: rel.Namespace, Chart: s.release(t, many(39)).Chart})
	if res := next(); res.Revision != 6 || len(res.Written) != 2 {
		t.Errorf("after helm's revision: revision %d, written %v, want config and cm-39", res.Revision, res.Written)
	}
	if res := next(); len(res.Written) != 1 {
		t.Errorf("an edit wrote %v", res.Written)
	}
}
