package deploy

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
	"k8s.io/cli-runtime/pkg/resource"

	"github.com/devloop-dev/devloop/internal/diff"
	"github.com/devloop-dev/devloop/internal/digest"
)

// ward is one object under guard.
type ward struct {
	Object
	order  int // in the manifest
	info   *resource.Info
	wanted *unstructured.Unstructured // never written to
	// mayGo says that the cluster removes the object by itself.
	mayGo bool

	mu      sync.Mutex
	left    []diff.Path // fields that are left to somebody else
	settled string      // a correction that would change nothing, or was told
	missed  bool        // its absence was told
	given   bool        // its absence is accepted
	failed  string      // what was told of its last failure
	tries   int         // failures in a row
}

// newWard is the object at a place in the manifest as Helm's actions would have
// it, with the release's marks of ownership.
func (c *Cluster) newWard(res Result, i int) (*ward, error) {
	o := res.Rendered.Objects[i]
	gvk := schema.FromAPIVersionAndKind(o.APIVersion, o.Kind)
	mapping, err := c.getter.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if err != nil {
		return nil, fmt.Errorf("cannot be guarded: %w", err)
	}
	client, err := c.clients.of(mapping)
	if err != nil {
		return nil, fmt.Errorf("cannot be guarded: %w", err)
	}
	u := marked(res.Rendered.docs[i].object, res.Release, res.Namespace)
	mayGo := expires(u)
	u.SetNamespace(o.Namespace)
	unstructured.RemoveNestedField(u.Object, "status")
	unstructured.RemoveNestedField(u.Object, "metadata", "creationTimestamp")
	if gvk.Group == "" && gvk.Kind == "Secret" {
		encodeStrings(u)
	}
	info := &resource.Info{Client: client, Mapping: mapping, Namespace: o.Namespace, Name: o.Name, Object: u}
	return &ward{Object: o, order: i, info: info, wanted: u, mayGo: mayGo}, nil
}

// marked is a copy with the marks by which helm knows a release's objects.
func marked(u *unstructured.Unstructured, release, namespace string) *unstructured.Unstructured {
	u = u.DeepCopy()
	u.SetLabels(with(u.GetLabels(), "app.kubernetes.io/managed-by", "Helm"))
	u.SetAnnotations(with(with(u.GetAnnotations(), "meta.helm.sh/release-name", release), "meta.helm.sh/release-namespace", namespace))
	return u
}

func with(m map[string]string, key, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}

// encodeStrings does what the API server does with a secret's stringData.
func encodeStrings(u *unstructured.Unstructured) {
	plain, _, err := unstructured.NestedStringMap(u.Object, "stringData")
	if err != nil || len(plain) == 0 {
		return
	}
	for key, value := range plain {
		if unstructured.SetNestedField(u.Object, base64.StdEncoding.EncodeToString([]byte(value)), "data", key) != nil {
			return // data is no map: the server's business
		}
	}
	unstructured.RemoveNestedField(u.Object, "stringData")
}

// correction is the patch that makes a live object what is wanted of it.
type correction struct {
	info   *resource.Info
	wanted *unstructured.Unstructured
	kind   types.PatchType
	body   []byte
	// digest is of the patch and of the values it would replace.
	digest string
}

// correct computes the correction of a live object, or nil where it needs none.
// Fields that belong to others stay as they are.
func (w *ward) correct(live *unstructured.Unstructured, others []diff.Path) (*correction, error) {
	w.mu.Lock()
	leave := append(w.left[:len(w.left):len(w.left)], others...)
	w.mu.Unlock()
	wanted := any(w.wanted.Object)
	for _, path := range leave {
		wanted = ceded(wanted, live.Object, path)
	}
	fields, ok := wanted.(map[string]any)
	if !ok {
		return nil, nil
	}
	u := &unstructured.Unstructured{Object: fields}
	info := *w.info
	info.Object = u
	body, kind, err := threeWay(&info, u, live)
	if err == nil && kind == types.MergePatchType {
		body, err = mergeThreeWay(u, live)
	}
	if err != nil {
		return nil, fmt.Errorf("compute the patch of %s: %w", w.Object, err)
	}
	if body == nil || string(body) == "{}" {
		return nil, nil
	}
	sum, err := patchDigest(body, live)
	if err != nil {
		return nil, fmt.Errorf("compute the patch of %s: %w", w.Object, err)
	}
	return &correction{info: &info, wanted: u, kind: kind, body: body, digest: sum}, nil
}

// mergeThreeWay is the patch of a custom resource towards what is wanted, as
// kubectl apply makes it: unlike the one in helm's upgrades it looks at the live
// object, too.
func mergeThreeWay(wanted, live *unstructured.Unstructured) ([]byte, error) {
	want, err := json.Marshal(sparing(wanted.Object, live.Object))
	if err != nil {
		return nil, err
	}
	have, err := json.Marshal(live)
	if err != nil {
		return nil, err
	}
	return jsonmergepatch.CreateThreeWayJSONMergePatch(want, want, have)
}

// sparing is wanted, with live's value wherever that holds all that is wanted: a
// merge replaces lists whole, and a controller may have completed their items.
func sparing(wanted, live any) any {
	w, isMap := wanted.(map[string]any)
	l, isMapToo := live.(map[string]any)
	if !isMap || !isMapToo {
		if within(wanted, live) {
			return live
		}
		return wanted
	}
	out := make(map[string]any, len(w))
	for key, v := range w {
		out[key] = sparing(v, l[key])
	}
	return out
}

// patchDigest stands for a patch and the values that it finds in the way: the
// same patch against another value is another one.
func patchDigest(body []byte, live *unstructured.Unstructured) (string, error) {
	var patch any
	if err := json.Unmarshal(body, &patch); err != nil {
		return "", err
	}
	values, err := json.Marshal(beneath(patch, live.Object))
	if err != nil {
		return "", err
	}
	return digest.Of(string(body), string(values)), nil
}

// beneath are the parts of an object that a patch is about.
func beneath(patch, live any) any {
	p, isMap := patch.(map[string]any)
	l, isMapToo := live.(map[string]any)
	if !isMap || !isMapToo {
		return live
	}
	out := map[string]any{}
	for key, v := range p {
		if i := strings.LastIndex(key, "/"); strings.HasPrefix(key, "$") && i >= 0 {
			key = key[i+1:] // a strategic merge patch's directive about a list
		}
		out[key] = beneath(v, l[key])
	}
	return out
}

// send patches the object; with dry the server only answers what would be.
func (c *correction) send(dry bool) (*unstructured.Unstructured, error) {
	obj, err := resource.NewHelper(c.info.Client, c.info.Mapping).WithFieldManager(fieldManager).DryRun(dry).
		Patch(c.info.Namespace, c.info.Name, c.kind, c.body, &metav1.PatchOptions{})
	if err != nil {
		return nil, err
	}
	u, ok := obj.(*unstructured.Unstructured)
	if !ok {
		return nil, fmt.Errorf("the server answered with a %T", obj)
	}
	return u, nil
}

// create makes the object anew.
func (w *ward) create() error {
	_, err := resource.NewHelper(w.info.Client, w.info.Mapping).WithFieldManager(fieldManager).
		Create(w.info.Namespace, false, w.wanted.DeepCopy())
	return err
}
