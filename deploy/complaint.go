package deploy

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// complaint is an event of type Warning.
type complaint struct {
	reason, message string
	container       string // empty where it is about no single one
	at              time.Time
}

// ofVolume says that a volume was missing, or still is.
func (c complaint) ofVolume() bool {
	return c.reason == "FailedMount" || c.reason == "FailedAttachVolume"
}

// unhealthy is the kubelet's reason for the answer of a probe that failed, which
// begins with the probe's name.
const unhealthy = "Unhealthy"

// complaints are the newest about one object, of each reason, container and probe.
// The zero value has none.
type complaints map[string]complaint

// complaintOf reads an event, and the identity of the object it is about.
func complaintOf(event *unstructured.Unstructured) (uid string, c complaint) {
	get := func(path ...string) string {
		s, _, _ := unstructured.NestedString(event.Object, path...)
		return s
	}
	c = complaint{reason: get("reason"), message: strings.TrimSpace(get("message"))}
	if _, rest, ok := strings.Cut(get("involvedObject", "fieldPath"), "ontainers{"); ok {
		c.container = strings.TrimSuffix(rest, "}")
	}
	for _, path := range [][]string{{"series", "lastObservedTime"}, {"lastTimestamp"}, {"eventTime"}, {"metadata", "creationTimestamp"}} {
		if at, err := time.Parse(time.RFC3339Nano, get(path...)); err == nil {
			c.at = at
			break
		}
	}
	return get("involvedObject", "uid"), c
}

// with adds a complaint.
func (cs complaints) with(c complaint) complaints {
	if cs == nil {
		cs = complaints{}
	}
	key := c.reason + "\x00" + c.container
	if c.reason == unhealthy {
		probe, _, _ := strings.Cut(c.message, " ")
		key += "\x00" + probe
	}
	if old, ok := cs[key]; !ok || !c.at.Before(old.at) {
		cs[key] = c
	}
	return cs
}

// newest is the newest that is so, or nil.
func (cs complaints) newest(is func(complaint) bool) *complaint {
	var found *complaint
	for _, c := range cs {
		if is(c) && (found == nil || c.at.After(found.at) || c.at.Equal(found.at) && c.message < found.message) {
			found = &c
		}
	}
	return found
}

func (cs complaints) of(reason string) *complaint {
	return cs.newest(func(c complaint) bool { return c.reason == reason })
}

// probe is the newest answer of a container's probe that failed, in the kubelet's
// words.
func (cs complaints) probe(container string) *complaint {
	return cs.newest(func(c complaint) bool { return c.reason == unhealthy && c.container == container })
}

// killer is the probe for which the kubelet kills a container, or nil.
func (cs complaints) killer(container string) *complaint {
	return cs.newest(func(c complaint) bool {
		return c.reason == unhealthy && c.container == container && !strings.HasPrefix(c.message, "Readiness probe")
	})
}

// blocker is what keeps a pod from starting before someone acts, or nil.
func (cs complaints) blocker() *complaint {
	return cs.newest(func(c complaint) bool {
		return c.ofVolume() && (strings.Contains(c.message, "not found") || strings.Contains(c.message, "non-existent"))
	})
}
