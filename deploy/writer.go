package deploy

import (
	"encoding/json"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/devloop-dev/devloop/internal/diff"
)

// writer says who wrote one of these fields last, from the object's
// managedFields (KEP-555): the newest other manager that owns such a field or,
// since a field that is gone is nobody's, the newest other manager of all.
func writer(live *unstructured.Unstructured, changes []diff.Change) string {
	var owner, newest *metav1.ManagedFieldsEntry
	entries := live.GetManagedFields()
	for i := range entries {
		e := &entries[i]
		if e.Manager == fieldManager || e.Subresource == "status" || e.FieldsV1 == nil {
			continue
		}
		if later(e, newest) {
			newest = e
		}
		var fields map[string]any
		if json.Unmarshal(e.FieldsV1.GetRawBytes(), &fields) != nil {
			continue
		}
		for _, c := range changes {
			if ownsField(fields, c.Path) && later(e, owner) {
				owner = e
			}
		}
	}
	if owner == nil {
		owner = newest
	}
	if owner == nil {
		return ""
	}
	said := string(owner.Operation)
	if owner.Time != nil {
		said += ", " + owner.Time.Local().Format(time.TimeOnly)
	}
	return fmt.Sprintf("%s (%s)", owner.Manager, said)
}

func later(a, b *metav1.ManagedFieldsEntry) bool {
	return b == nil || b.Time == nil || a.Time != nil && !a.Time.Before(b.Time)
}
