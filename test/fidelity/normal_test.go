//go:build sandbox

package fidelity

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"regexp"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// tokenVolume is the name that the API server makes up for the volume of a
// pod's token.
var tokenVolume = regexp.MustCompile(`kube-api-access-[a-z0-9]{5}`)

// uid is an object's, as the API server prints it in messages.
var uid = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// identities counts how many objects there have been of one name: one that is
// deleted and made anew is told from one that was changed.
type identities map[string][]types.UID

func (ids identities) of(key string, o *unstructured.Unstructured) int {
	seen := ids[key]
	if len(seen) == 0 || seen[len(seen)-1] != o.GetUID() {
		ids[key] = append(seen, o.GetUID())
	}
	return len(ids[key])
}

// normal is the objects without what cannot be the same in two namespaces.
func normal(objects map[string]*unstructured.Unstructured, namespace string, ids identities) (map[string]any, error) {
	out := map[string]any{}
	for key, o := range objects {
		n := ids.of(key, o)
		o = o.DeepCopy()
		for _, field := range []string{"uid", "resourceVersion", "creationTimestamp", "managedFields", "selfLink"} {
			unstructured.RemoveNestedField(o.Object, "metadata", field)
		}
		unstructured.RemoveNestedField(o.Object, "status")
		owners, _, _ := unstructured.NestedSlice(o.Object, "metadata", "ownerReferences")
		for _, owner := range owners {
			if m, ok := owner.(map[string]any); ok {
				delete(m, "uid")
			}
		}
		if owners != nil {
			_ = unstructured.SetNestedSlice(o.Object, owners, "metadata", "ownerReferences")
		}
		byKind(o)
		if o.GetAnnotations()["helm.sh/hook"] == "" {
			o.Object["(incarnation)"] = n
		}
		v, err := anonymous(o.Object, namespace)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		out[strings.ReplaceAll(key, namespace, "NS")] = v
	}
	return out, nil
}

// byKind removes what the cluster fills in with something of its own.
func byKind(o *unstructured.Unstructured) {
	remove := func(path ...string) { unstructured.RemoveNestedField(o.Object, path...) }
	switch o.GetKind() {
	case "Service":
		ip, _, _ := unstructured.NestedString(o.Object, "spec", "clusterIP")
		if net.ParseIP(ip) != nil {
			remove("spec", "clusterIP")
			remove("spec", "clusterIPs")
		}
		remove("spec", "healthCheckNodePort")
		ports, _, _ := unstructured.NestedSlice(o.Object, "spec", "ports")
		for _, port := range ports {
			if m, ok := port.(map[string]any); ok {
				delete(m, "nodePort")
			}
		}
		if ports != nil {
			_ = unstructured.SetNestedSlice(o.Object, ports, "spec", "ports")
		}
	case "Job":
		for _, label := range []string{"controller-uid", "batch.kubernetes.io/controller-uid"} {
			remove("spec", "selector", "matchLabels", label)
			remove("spec", "template", "metadata", "labels", label)
			remove("metadata", "labels", label)
		}
	case "Pod":
		remove("spec", "nodeName")
	case "Secret":
		data, _, _ := unstructured.NestedMap(o.Object, "data")
		for key, v := range data {
			text, _ := v.(string)
			plain, err := base64.StdEncoding.DecodeString(text)
			if err == nil && utf8.Valid(plain) {
				data[key] = "(decoded) " + string(plain)
			}
		}
		if data != nil {
			o.Object["data"] = data
		}
	}
}

// anonymous is a value as JSON has it, without the namespace's name and the
// names the cluster makes up.
func anonymous(v any, namespace string) (any, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	text := strings.ReplaceAll(string(data), namespace, "NS")
	text = uid.ReplaceAllString(text, "UID")
	text = tokenVolume.ReplaceAllString(text, "kube-api-access-XXXXX")
	var out any
	err = json.Unmarshal([]byte(text), &out)
	return out, err
}
