package scaffold

import (
	"path"
	"slices"
	"strings"
)

// How well an image value and a Build go together. Names that are equal are sure;
// what shares a word may be. Two that differ by less than margin are as good.
const (
	sameName   = 100
	sameRest   = 80 // equal once the words of the chart's name are gone
	sameOwner  = 70 // the value stands under that name
	sharedName = 60
	sharedPath = 50
	margin     = 10
)

// score says how likely it is that the value's image is the one built there; 0 is
// not at all. Of a Build's names the later ones count a little less.
func score(c Chart, v ImageValue, b Build) int {
	image := path.Base(v.Repository)
	if v.Repository == "" {
		image = ""
	}
	owner := ownerOf(c, v)
	best := 0
	for i, name := range b.Names {
		s := 0
		switch {
		case image != "" && same(words(image), words(name)):
			s = sameName
		case image != "" && len(rest(image, c.Name)) > 0 && same(rest(image, c.Name), rest(name, c.Name)):
			s = sameRest
		case owner != "" && same(words(owner), words(name)):
			s = sameOwner
		case image != "" && within(rest(image, c.Name), rest(name, c.Name)):
			s = sharedName
		case owner != "" && within(words(owner), words(name)):
			s = sharedPath
		}
		best = max(best, s-i)
	}
	return best
}

// ownerOf is the name an image value stands under: app for app.image, appImage and
// app.main.image, the chart's own name for image alone.
func ownerOf(c Chart, v ImageValue) string {
	steps := strings.FieldsFunc(v.Path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
	last := steps[len(steps)-1]
	if stem := imageKey.ReplaceAllString(last, ""); stem != "" && stem != last {
		return stem
	}
	if len(steps) > 1 {
		return steps[0]
	}
	return c.Name
}

// same compares words as one: my-app is myapp.
func same(a, b []string) bool { return strings.Join(a, "") == strings.Join(b, "") }

// rest are the words of a name that are not in the chart's.
func rest(name, chart string) []string {
	of := words(chart)
	return slices.DeleteFunc(words(name), func(w string) bool { return slices.Contains(of, w) })
}

// within: all words of one are among those of the other.
func within(a, b []string) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	in := func(a, b []string) bool {
		return !slices.ContainsFunc(a, func(w string) bool { return !slices.Contains(b, w) })
	}
	return in(a, b) || in(b, a)
}

// ready are images that nearly nobody builds, but many charts use.
var ready = []string{
	"alpine", "busybox", "cassandra", "consul", "curl", "debian", "elasticsearch", "envoy", "etcd", "grafana", "haproxy", "httpd",
	"kafka", "kibana", "kubectl", "mariadb", "memcached", "minio", "mongo", "mongodb", "mysql", "nats", "nginx", "nginx-unprivileged",
	"node", "oauth2-proxy", "openjdk", "pause", "postgres", "postgresql", "prometheus", "python", "rabbitmq", "redis", "traefik",
	"ubuntu", "valkey", "vault", "zookeeper",
}

// readyMade: the value names an image that comes from elsewhere.
func readyMade(v ImageValue) bool {
	return v.Repository != "" && slices.Contains(ready, path.Base(v.Repository))
}
