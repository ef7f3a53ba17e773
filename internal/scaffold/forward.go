package scaffold

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/overlay"
)

// candidate is a service that could be forwarded.
type candidate struct {
	release string
	service corev1.Service
	// port is the one that a route names, if any.
	port string
	// why says what makes it one to open; open: it is for users outside the cluster.
	why  string
	open bool
}

// forwards forwards the services that a user opens: those that are reached from
// outside the cluster, or where there are none, those of what is built here.
func (d *drafter) forwards() {
	var open, own []candidate
	for _, name := range d.Project.ReleaseNames() {
		r := d.Project.Releases[name]
		objects, err := d.render(name, r)
		if err != nil {
			d.Left = append(d.Left, fmt.Sprintf("forward: no service of release %s, as its chart is not rendered: %v", name, err))
			continue
		}
		for _, c := range candidates(name, objects, d.ownImages(r)) {
			if c.open {
				open = append(open, c)
			} else {
				own = append(own, c)
			}
		}
	}
	if len(open) == 0 {
		open = own
	}
	taken := map[int]bool{}
	for _, c := range open {
		port, ok := portOf(c)
		if !ok {
			continue
		}
		at := localPort(port, taken)
		taken[at] = true
		f := config.Forward{Release: c.release, Service: c.service.Name, Port: config.Port(strconv.Itoa(port))}
		if at != port {
			f.Local = at
		}
		d.Project.Forward = append(d.Project.Forward, f)
		d.Told = append(d.Told, fmt.Sprintf("forward localhost:%d to port %d of service %s: %s", at, port, c.service.Name, c.why))
	}
}

// ownImages are the repositories that the release's values name where images of
// the project are to go.
func (d *drafter) ownImages(r config.Release) map[string]string {
	out := map[string]string{}
	for _, c := range d.s.Charts {
		if c.Path != r.Chart {
			continue
		}
		given, err := d.given(r)
		if err != nil {
			return out
		}
		found, _ := imageValues(overlay.Maps(c.values, given))
		for _, v := range found {
			if image, ok := r.Images[v.Path]; ok {
				out[v.Repository] = image
			}
		}
	}
	return out
}

// candidates are the services among a release's objects that have pods and an
// address of their own, by name.
func candidates(release string, objects []object, own map[string]string) []candidate {
	routes, pods := map[string]route{}, []podSet{}
	for _, o := range objects {
		for _, r := range routesOf(o) {
			if _, known := routes[r.service]; !known {
				routes[r.service] = r
			}
		}
		pods = append(pods, podsOf(o)...)
	}
	var out []candidate
	for _, o := range objects {
		c := candidate{release: release}
		if o.Kind != "Service" || yaml.Unmarshal([]byte(o.text), &c.service) != nil || !usable(c.service) {
			continue
		}
		spec := c.service.Spec
		if r, ok := routes[c.service.Name]; ok {
			c.open, c.port, c.why = true, r.port, r.by+" leads to it"
		} else if spec.Type == corev1.ServiceTypeNodePort || spec.Type == corev1.ServiceTypeLoadBalancer {
			c.open, c.why = true, "it is a "+string(spec.Type)
		} else if image := behind(spec.Selector, pods, own); image != "" {
			c.why = "its pods run image " + image
		} else {
			continue
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b candidate) int { return strings.Compare(a.service.Name, b.service.Name) })
	return out
}

// usable: it leads to pods of the release's namespace by an address.
func usable(s corev1.Service) bool {
	return len(s.Spec.Selector) > 0 && s.Spec.ClusterIP != corev1.ClusterIPNone && (s.Namespace == "" || s.Namespace == renderNamespace) && s.Spec.Type != corev1.ServiceTypeExternalName
}

// podSet is what a workload's pods are like.
type podSet struct {
	labels map[string]string
	images []string // repositories
}

// podsOf are the pods that an object is, or that it keeps running.
func podsOf(o object) []podSet {
	var template corev1.PodTemplateSpec
	switch o.Kind {
	case "Job", "CronJob":
		return nil
	case "Pod":
		if yaml.Unmarshal([]byte(o.text), &template) != nil {
			return nil
		}
	default:
		var workload struct {
			Spec struct {
				Template corev1.PodTemplateSpec `json:"template"`
			} `json:"spec"`
		}
		if yaml.Unmarshal([]byte(o.text), &workload) != nil {
			return nil
		}
		template = workload.Spec.Template
	}
	set := podSet{labels: template.Labels}
	for _, c := range template.Spec.Containers {
		set.images = append(set.images, repository(c.Image))
	}
	return []podSet{set}
}

// behind is the project's image that pods chosen by a selector run, or "".
func behind(selector map[string]string, pods []podSet, own map[string]string) string {
	for _, p := range pods {
		if slices.ContainsFunc(slices.Collect(maps.Keys(selector)), func(k string) bool { return p.labels[k] != selector[k] }) {
			continue
		}
		for _, image := range p.images {
			for _, repo := range slices.Sorted(maps.Keys(own)) {
				// A chart may put a registry before what the value says.
				if image == repo || repo != "" && strings.HasSuffix(image, "/"+repo) {
					return own[repo]
				}
			}
		}
	}
	return ""
}

// portOf is the TCP port to open: the one a route names, one that is called after
// HTTP, one that HTTP is mostly served on, or the first.
func portOf(c candidate) (int, bool) {
	ports := slices.DeleteFunc(slices.Clone(c.service.Spec.Ports), func(p corev1.ServicePort) bool {
		return p.Protocol != "" && p.Protocol != corev1.ProtocolTCP
	})
	if len(ports) == 0 {
		return 0, false
	}
	for _, wanted := range []func(corev1.ServicePort) bool{
		func(p corev1.ServicePort) bool {
			return c.port != "" && (p.Name == c.port || strconv.Itoa(int(p.Port)) == c.port)
		},
		func(p corev1.ServicePort) bool { return p.Name == "http" || p.Name == "web" },
		func(p corev1.ServicePort) bool { return slices.Contains([]int32{80, 8080, 8000, 3000}, p.Port) },
	} {
		if i := slices.IndexFunc(ports, wanted); i >= 0 {
			return int(ports[i].Port), true
		}
	}
	return int(ports[0].Port), true
}

// localPort is a port of this machine that no other forward has and that everybody
// may listen on: the same number where it can be, 8080 for 80.
func localPort(port int, taken map[int]bool) int {
	if port < 1024 {
		port += 8000
	}
	for taken[port] {
		port++
	}
	return port
}
