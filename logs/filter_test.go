package logs

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestFilters(t *testing.T) {
	// What the containers say, in this order.
	said := []Line{
		{Pod: "web-6d4c9f7b8c-x2k8p", Container: "web", Text: `{"level":"info","msg":"served"}`},
		{Pod: "web-6d4c9f7b8c-x2k8p", Container: "web", Text: "plain words"},
		{Pod: "web-6d4c9f7b8c-x2k8p", Container: "web", Text: "ERROR no luck"},
		{Pod: "web-6d4c9f7b8c-x2k8p", Container: "web", Text: "  at main.go:12"},
		{Pod: "web-6d4c9f7b8c-x2k8p", Container: "web", Text: "plain again"},
		{Pod: "web-6d4c9f7b8c-x2k8p", Container: "web", Text: "panic: index out of range"},
		{Pod: "web-6d4c9f7b8c-x2k8p", Container: "web", Text: ""},
		{Pod: "web-6d4c9f7b8c-x2k8p", Container: "web", Text: "goroutine 1 [running]:"},
		{Pod: "web-6d4c9f7b8c-x2k8p", Container: "proxy", Text: "DEBUG probe"},
		{Pod: "website-0", Container: "nginx", Text: "[warn] slow"},
	}
	find := regexp.MustCompile
	pod := func(text string) *regexp.Regexp { return must(t)(PodPattern(text)) }
	container := func(text string) *regexp.Regexp { return must(t)(ContainerPattern(text)) }
	for name, tt := range map[string]struct {
		filter Filter
		want   []int // of said
	}{
		"nothing":                         {Filter{}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
		"a pod's beginning up to a dash":  {Filter{Pod: pod("web")}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}},
		"a glob":                          {Filter{Pod: pod("web*0")}, []int{9}},
		"a regular expression":            {Filter{Pod: pod("/site|shop/")}, []int{9}},
		"a container":                     {Filter{Container: container("prox?")}, []int{8}},
		"a container's whole name":        {Filter{Container: container("we")}, nil},
		"text":                            {Filter{Grep: find("plain|luck")}, []int{1, 2, 4}},
		"text and what is not wanted":     {Filter{Grep: find("plain|luck"), Exclude: find("(?i)error")}, []int{1, 4}},
		"a level, and what belongs to it": {Filter{Level: Error}, []int{2, 3, 5, 6, 7}},
		"info: what tells no level too":   {Filter{Level: Info}, []int{0, 1, 2, 3, 4, 5, 6, 7, 9}},
	} {
		t.Run(name, func(t *testing.T) {
			m := NewMatcher(tt.filter)
			var got []int
			for i, l := range said {
				if m.Match(l) {
					got = append(got, i)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("lines that pass (-want +got):\n%s", diff)
			}
		})
	}
	for _, bad := range []string{"", "a b", "/open", "/(/", "a|b"} {
		if _, err := PodPattern(bad); err == nil {
			t.Errorf("%q was taken for a pattern", bad)
		}
	}
}

func must(t *testing.T) func(*regexp.Regexp, error) *regexp.Regexp {
	return func(r *regexp.Regexp, err error) *regexp.Regexp {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

// What does not pass is not delivered, and not again after a broken connection;
// containers of which nothing passes are not even read.
func TestAStreamerFilters(t *testing.T) {
	a := newFakeAPI(t)
	a.cutLog = func(n int) (int, bool) {
		if n > 10 {
			return 1 << 40, true
		}
		return 2000 * n, false
	}
	p := aPod("web-0", "web", "proxy")
	run := a.run("web-0/web", "id-1")
	a.run("web-0/proxy", "id-2")
	var want []string
	for i := range 300 {
		text := fmt.Sprintf("line %d", i)
		if i%3 == 0 {
			text = fmt.Sprintf("wanted %d", i)
			want = append(want, text)
		}
		a.write(run, start.Add(time.Duration(i)*time.Millisecond), text+"\n")
	}
	a.put("ADDED", statuses(p, running("web", "id-1"), running("proxy", "id-2")))
	c := follow(t, a, Options{Filter: Filter{Grep: regexp.MustCompile("wanted"), Container: regexp.MustCompile("web")}}, dev)
	c.exactly(want...)
	if n := a.asked["web-0/proxy"]; n > 0 {
		t.Errorf("the container that is not wanted was read %d times", n)
	}
}

func TestOnceReadsWhatThereIsInOrder(t *testing.T) {
	a := newFakeAPI(t)
	var want []string
	for i := range 3 {
		name := fmt.Sprint("p", i)
		before, now := a.run(name+"/c", "id-a"+name), a.run(name+"/c", "id-b"+name)
		for j := range 50 {
			a.write(before, start.Add(time.Duration(3*j+i)*time.Second), fmt.Sprintf("%03d %s\n", 3*j+i, name))
			a.write(now, start.Add(time.Duration(150+3*j+i)*time.Second), fmt.Sprintf("%03d %s\n", 150+3*j+i, name))
		}
		a.end(before)
		s := running("c", "id-b"+name)
		s.LastTerminationState.Terminated = terminated("id-a"+name, start.Add(150*time.Second))
		a.put("ADDED", statuses(aPod(name, "c", "waits"), s, corev1.ContainerStatus{Name: "waits"}))
	}
	for i := range 300 {
		want = append(want, fmt.Sprintf("%03d p%d", i, i%3))
	}
	var got []string
	s := New(a.client, Options{Once: true}, func(l Line) { got = append(got, l.Text) })
	s.Follow([]Selector{dev, {Release: "other", Namespace: "dev"}})
	if err := s.Run(t.Context()); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	a.server.Close()
	s = New(a.client, Options{Once: true}, func(Line) {})
	s.Follow([]Selector{dev})
	if err := s.Run(t.Context()); err == nil {
		t.Error("no error although the cluster does not answer")
	}
}

// Tail is for what was there before; a container that started with Run is
// delivered from its first line, also when the first list has it already.
func TestTailIsForWhatWasThereBefore(t *testing.T) {
	a := newFakeAPI(t)
	for name, started := range map[string]time.Time{"old": time.Now().Add(-time.Hour), "new": time.Now()} {
		run := a.run(name+"/c", "id-"+name)
		for i := range 5 {
			a.write(run, started.Add(time.Duration(i)*time.Millisecond), fmt.Sprint(name, " ", i, "\n"))
		}
		s := running("c", "id-"+name)
		s.State.Running.StartedAt = metav1.NewTime(started.Truncate(time.Second))
		a.put("ADDED", statuses(aPod(name, "c"), s))
	}
	follow(t, a, Options{Tail: 2}, dev).exactlyOf(map[string][]string{"old": {"old 3", "old 4"}, "new": {"new 0", "new 1", "new 2", "new 3", "new 4"}})
}
