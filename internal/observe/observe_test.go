package observe

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestWritesAreCountedByVerbAndResource(t *testing.T) {
	metrics := `# TYPE apiserver_request_total counter
apiserver_request_total{code="200",group="",resource="configmaps",verb="PATCH",version="v1"} 3
apiserver_request_total{code="200",group="",resource="configmaps",verb="LIST",version="v1"} 70
apiserver_request_total{code="201",group="",resource="secrets",verb="POST",version="v1"} 2
apiserver_request_total{code="200",group="coordination.k8s.io",resource="leases",verb="PUT",version="v1"} 900
apiserver_request_total{code="201",group="",resource="events",verb="POST",version="v1"} 40
apiserver_request_duration_seconds_count{group="",resource="configmaps",verb="PATCH"} 3
`
	got, err := countWrites([]byte(metrics))
	if err != nil || got != 5 {
		t.Errorf("%v writes, %v; want 5", got, err)
	}
}

func TestReady(t *testing.T) {
	deployment := func(ready, seen int64) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"metadata": map[string]any{"generation": int64(2)},
			"spec":     map[string]any{"replicas": int64(3)},
			"status": map[string]any{"replicas": int64(3), "updatedReplicas": int64(3), "readyReplicas": ready,
				"availableReplicas": ready, "observedGeneration": seen},
		}}
	}
	tests := map[string]struct {
		ready, seen int64
		want        bool
	}{
		"all ready":                {3, 2, true},
		"one is not":               {2, 2, false},
		"status of the older spec": {3, 1, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Ready(3)(deployment(tt.ready, tt.seen)); got != tt.want {
				t.Errorf("ready: %v, want %v", got, tt.want)
			}
		})
	}
}
