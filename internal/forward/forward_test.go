package forward

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"
)

// How bytes get to a pod is tested on a real cluster, in test/e2e.

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// run starts a Forwarder; said returns what it told so far.
func run(t *testing.T, f func(told Told) *Forwarder) (fwd *Forwarder, said func() string) {
	t.Helper()
	var mu sync.Mutex
	var texts []string
	say := func(text string) { mu.Lock(); texts = append(texts, text); mu.Unlock() }
	fwd = f(Told{
		Forwarded: func(t Target, url string, taken int) { say(fmt.Sprintf("%s at %s, %d taken", t, url, taken)) },
		Ended:     func(t Target, url string) { say(fmt.Sprintf("%s ended at %s", t, url)) },
		Failed:    say,
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = fwd.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return fwd, func() string { mu.Lock(); defer mu.Unlock(); return strings.Join(texts, "\n") }
}

func TestAPortGoesFromOneServiceToTheNext(t *testing.T) {
	f, said := run(t, func(told Told) *Forwarder { return New(nil, nil, told) })
	port := freePort(t)
	for i := range 50 {
		f.Set([]Target{{Service: fmt.Sprint("s", i), Port: intstr.FromInt32(80), Local: port}})
	}
	f.Set(nil)
	f.Set(nil) // the list before is in place when this one is taken
	want := fmt.Sprintf("service s49 port 80 ended at http://127.0.0.1:%d", port)
	if text := said(); strings.Count(text, ", 0 taken") != 50 || !strings.HasSuffix(text, want) {
		t.Errorf("the port was not free for the next service, or the end is not told:\n%s", text)
	}
}

func TestATakenPortIsToldAndAnotherChosen(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	f, said := run(t, func(told Told) *Forwarder { return New(nil, nil, told) })
	f.Set([]Target{{Service: "s", Port: intstr.FromInt32(80), Local: port}})
	both := []Target{{Service: "s", Port: intstr.FromInt32(80), Local: port}, {Service: "free", Port: intstr.FromInt32(80)}}
	f.Set(both)
	f.Set(both) // the list before is in place then
	states := f.States()
	if len(states) != 2 || states[0].Service != "s" || !strings.HasPrefix(states[0].Address, "127.0.0.1:") || states[0].Address == l.Addr().String() {
		t.Errorf("states %+v", states)
	}
	f.Set(nil)
	if text := said(); !strings.Contains(text, fmt.Sprintf(", %d taken", port)) || !strings.Contains(text, "http://127.0.0.1:") {
		t.Errorf("said %q", text)
	}
}

func TestOnlyReadyPodsAreChosen(t *testing.T) {
	name, port, yes, no := "http", int32(8081), true, false
	pod := func(name string) *corev1.ObjectReference { return &corev1.ObjectReference{Kind: "Pod", Name: name} }
	client := fake.NewClientset(
		&corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "s"}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: name, Port: 80}}}},
		&discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "s-1", Labels: map[string]string{discoveryv1.LabelServiceName: "s"}},
			Ports: []discoveryv1.EndpointPort{{Name: &name, Port: &port}},
			Endpoints: []discoveryv1.Endpoint{
				{TargetRef: pod("starting"), Conditions: discoveryv1.EndpointConditions{Ready: &no}},
				{TargetRef: pod("good"), Conditions: discoveryv1.EndpointConditions{Ready: &yes}},
			}})
	target := Target{Namespace: "n", Service: "s", Port: intstr.FromInt32(80)}
	got, err := target.ready(t.Context(), client)
	if err != nil || len(got) != 1 || got[0] != (endpoint{"good", 8081}) {
		t.Errorf("endpoints %v, %v, want the ready pod at its own port", got, err)
	}
	target.Port = intstr.FromInt32(81)
	if _, err := target.ready(t.Context(), client); err == nil || !strings.Contains(err.Error(), "no TCP port 81; it has 80") {
		t.Errorf("unknown port: %v", err)
	}
}

func TestAPortByNameIsThatOfTheService(t *testing.T) {
	svc := &corev1.Service{Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{
		{Name: "metrics", Port: 9090}, {Name: "http", Port: 80}, {Name: "dns", Port: 53, Protocol: corev1.ProtocolUDP}, {Port: 7},
	}}}
	for port, want := range map[string]string{
		"http":  "http",
		"80":    "http",
		"htpp":  `the service has no TCP port htpp; it has metrics, http, 7; did you mean "http"?`,
		"dns":   "no TCP port dns; it has metrics, http, dns (UDP, and only TCP can be forwarded), 7",
		"other": "no TCP port other; it has metrics, http, 7",
		"53":    "no TCP port 53; it has 9090, 80, 53 (UDP, and only TCP can be forwarded), 7",
	} {
		got, err := Target{Port: intstr.Parse(port)}.servicePort(svc)
		if got != want && (err == nil || !errors.Is(err, errTarget) || !strings.HasSuffix(err.Error(), want)) {
			t.Errorf("port %s: %q, %v, want %s", port, got, err, want)
		}
	}
}

// A pod that has the name is taken, also when a newer one has it no more.
func TestAPortByNameIsThatOfTheContainer(t *testing.T) {
	always := corev1.ContainerRestartPolicyAlways
	pod := func(name string, age int, ports ...corev1.ContainerPort) *corev1.Pod {
		return &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: name, Labels: map[string]string{"app": "a"}, CreationTimestamp: metav1.Unix(int64(-age), 0)},
			Spec: corev1.PodSpec{Containers: []corev1.Container{{Ports: ports}},
				InitContainers: []corev1.Container{{Ports: []corev1.ContainerPort{{Name: "setup", ContainerPort: 1}}}, {RestartPolicy: &always, Ports: []corev1.ContainerPort{{Name: "side", ContainerPort: 2}}}}},
			Status: corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}},
		}
	}
	client := fake.NewClientset(
		&appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "d"}, Spec: appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "a"}}}},
		pod("old", 2, corev1.ContainerPort{Name: "http", ContainerPort: 8080}), pod("new", 1, corev1.ContainerPort{Name: "web", ContainerPort: 9000}))
	for port, want := range map[string][]endpoint{"http": {{"old", 8080}}, "web": {{"new", 9000}}, "side": {{"new", 2}, {"old", 2}}, "7": {{"new", 7}, {"old", 7}}} {
		got, err := Target{Namespace: "n", Service: "deployment/d", Port: intstr.Parse(port)}.ready(t.Context(), client)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("port %s: %v, %v, want %v", port, got, err, want)
		}
	}
	_, err := Target{Namespace: "n", Service: "deployment/d", Port: intstr.Parse("setup")}.ready(t.Context(), client)
	if err == nil || !errors.Is(err, errTarget) || !strings.HasSuffix(err.Error(), "has no TCP port setup; it has http, side") {
		t.Errorf("a port of an init container: %v", err)
	}
}

func TestAConnectionWithoutAPodIsTold(t *testing.T) {
	api := httptest.NewServer(http.NotFoundHandler()) // a fake API server that knows no service
	defer api.Close()
	port := freePort(t)
	f, said := run(t, func(told Told) *Forwarder { return New(&rest.Config{Host: api.URL}, fake.NewClientset(), told) })
	f.Set([]Target{{Namespace: "n", Service: "s", Port: intstr.FromInt32(80), Local: port}})
	f.Set([]Target{{Namespace: "n", Service: "s", Port: intstr.FromInt32(80), Local: port}})
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("read from a service that does not exist")
	}
	if text := said(); !strings.Contains(text, "namespace n has no service s") {
		t.Errorf("said %q", text)
	}
}

// What is forwarded is looked for when the releases are in place: what is not there
// is told once, with what there is, and no more when it has come.
func TestAForwardToNothingIsTold(t *testing.T) {
	service := func(name string) *corev1.Service {
		return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: name}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}}}
	}
	client := fake.NewClientset(service("app"), service("database"))
	target := func(name string, port int32) Target {
		return Target{Namespace: "n", Service: name, Port: intstr.FromInt32(port)}
	}
	f, said := run(t, func(told Told) *Forwarder { return New(nil, client, told) })
	all := []Target{target("app", 80), target("ap", 80), target("app", 81), target("deployment/web", 80)}
	f.Set(all)
	state := func(i int, problem string) {
		t.Helper()
		deadline := time.Now().Add(10 * time.Second)
		for {
			f.Check()
			states := f.States()
			if len(states) == len(all) && states[i].Address != "" && strings.Contains(states[i].Problem, problem) && (problem != "" || states[i].Problem == "") {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("states %+v, want number %d to have %q", states, i, problem)
			}
			runtime.Gosched()
		}
	}
	state(1, "namespace n has no service ap; it has app, database; did you mean app?")
	state(2, "the service has no TCP port 81; it has 80")
	state(3, "namespace n has no deployment web")
	state(0, "")
	if _, err := client.CoreV1().Services("n").Create(t.Context(), service("ap"), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	state(1, "")
	if text := said(); strings.Count(text, "has no service ap;") != 1 || strings.Count(text, "correct forward:") != 3 {
		t.Errorf("said %q", text)
	}
}
