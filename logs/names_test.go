package logs

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/muesli/termenv"
)

func TestNamesAreShortWhileTheyAreClear(t *testing.T) {
	line := func(release, pod, container string) Line {
		return Line{Namespace: "dev", Release: release, Pod: pod, Container: container}
	}
	tests := map[string]struct {
		lines []Line
		want  []string
	}{
		"what controllers append goes, and a container of the same name": {
			[]Line{line("shop", "web-6d4c9f7b8c-x2k8p", "web"), line("shop", "agent-9zv4b", "agent"), line("shop", "report-29012345-b7k2z", "job"), line("shop", "db-0", "postgres")},
			[]string{"web", "agent", "report job", "db-0 postgres"},
		},
		"the release's name goes too": {
			[]Line{line("sms-checker", "sms-checker-app-6d4c9f7b8c-x2k8p", "app"), line("sms-checker", "sms-checker-5c8f7b6d4b-7hj2k", "sms-checker")},
			[]string{"app", "sms-checker"},
		},
		"two pods of a deployment": {
			[]Line{line("shop", "web-6d4c9f7b8c-x2k8p", "web"), line("shop", "web-6d4c9f7b8c-bbbbb", "web")},
			[]string{"web-x2k8p", "web-bbbbb"},
		},
		"equal names of two releases": {
			[]Line{line("a", "a-web-6d4c9f7b8c-x2k8p", "web"), line("b", "b-web-6d4c9f7b8c-bbbbb", "sidecar")},
			[]string{"a-web", "b-web sidecar"},
		},
		"equal names in two namespaces": {
			[]Line{{Namespace: "one", Pod: "db-0", Container: "db"}, {Namespace: "two", Pod: "db-0", Container: "db"}},
			[]string{"one/db-0 db", "two/db-0 db"},
		},
		"words are no hashes": {
			[]Line{line("shop", "redis-cache-stats", "redis"), line("shop", "my-first-nginx", "nginx")},
			[]string{"redis-cache-stats redis", "my-first-nginx"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := NewPalette(renderer(termenv.Ascii, true))
			for _, l := range tt.lines {
				p.Prefix(l)
			}
			var got []string
			for _, l := range tt.lines {
				got = append(got, strings.TrimSpace(strings.TrimSuffix(p.Prefix(l), " │ ")))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPrefixesAreAlignedAndFit(t *testing.T) {
	lines := []Line{
		{Pod: "a-6d4c9f7b8c-x2k8p", Container: "a"},
		{Pod: "payment-service-6d4c9f7b8c-x2k8p", Container: "payment-service"},
		{Pod: "payment-service-6d4c9f7b8c-bbbbb", Container: "payment-service"},
		{Pod: "payment-service-6d4c9f7b8c-bbbbb", Container: "istio-proxy"},
	}
	for columns, want := range map[int][]string{
		0:  {"a                    ", "payment-service-x2k8p", "payment-service-bbbbb", "payment-service-bbbbb istio-proxy"},
		80: {"a                         ", "payment-service-x2k8p     ", "payment-service-bbbbb     ", "payment…-bbbbb istio-proxy"},
		60: {"a                   ", "payment-se…ice-x2k8p", "payment-se…ice-bbbbb", "paym…bbbb istio…roxy"},
		40: {"a            ", "paymen…-x2k8p", "paymen…-bbbbb", "pay…bb ist…xy"},
	} {
		p := NewPalette(renderer(termenv.Ascii, true))
		p.SetWidth(columns)
		for _, l := range lines {
			p.Prefix(l)
		}
		var got []string
		for _, l := range lines {
			got = append(got, strings.TrimSuffix(p.Prefix(l), " │ "))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d columns (-want +got):\n%s", columns, diff)
		}
	}
}
