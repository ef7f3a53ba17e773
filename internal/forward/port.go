package forward

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/devloop-dev/devloop/internal/near"
)

// errTarget wraps what waiting does not mend: the files must change.
var errTarget = errors.New("cannot be forwarded")

// servicePort is the name of the service's port, by which its EndpointSlices know it.
func (t Target) servicePort(svc *corev1.Service) (string, error) {
	there := t.offers("the service")
	for _, p := range svc.Spec.Ports {
		if there.fits(p.Name, p.Port, p.Protocol) {
			return p.Name, nil
		}
	}
	return "", there.none()
}

// containerPort is the number of a container's port. A number need not be among
// those that the pod lists, as containers listen where they like.
func (t Target) containerPort(pod *corev1.Pod) (int32, error) {
	if t.Port.Type == intstr.Int {
		return t.Port.IntVal, nil
	}
	there := t.offers("pod " + pod.Name)
	lasting := slices.DeleteFunc(slices.Clone(pod.Spec.InitContainers), func(c corev1.Container) bool {
		return c.RestartPolicy == nil || *c.RestartPolicy != corev1.ContainerRestartPolicyAlways
	})
	for _, c := range slices.Concat(pod.Spec.Containers, lasting) {
		for _, p := range c.Ports {
			if there.fits(p.Name, p.ContainerPort, p.Protocol) {
				return p.ContainerPort, nil
			}
		}
	}
	return 0, there.none()
}

// offers collects which ports there are until one fits.
type offers struct {
	wanted intstr.IntOrString
	of     string
	names  []string // as somebody would have to write them
	shown  []string
}

func (t Target) offers(of string) *offers { return &offers{wanted: t.Port, of: of} }

// fits tells whether a port is the wanted one, and takes TCP.
func (o *offers) fits(name string, number int32, protocol corev1.Protocol) bool {
	byName := o.wanted.Type == intstr.String
	is := byName && name == o.wanted.StrVal || !byName && number == o.wanted.IntVal
	written := fmt.Sprint(number)
	if byName && name != "" {
		written = name
	}
	switch tcp := protocol == "" || protocol == corev1.ProtocolTCP; {
	case is && tcp:
		return true
	case tcp:
		o.names, o.shown = append(o.names, written), append(o.shown, written)
	case is:
		o.shown = append(o.shown, fmt.Sprintf("%s (%s, and only TCP can be forwarded)", written, protocol))
	}
	return false
}

func (o *offers) none() error {
	has := "it has none"
	if len(o.shown) > 0 {
		has = "it has " + strings.Join(o.shown, ", ")
	}
	if o.wanted.Type == intstr.String {
		if meant := near.Name(o.wanted.StrVal, o.names); meant != "" {
			has += fmt.Sprintf("; did you mean %q?", meant)
		}
	}
	return fmt.Errorf("%w: %s has no TCP port %s; %s", errTarget, o.of, o.wanted.String(), has)
}
