//go:build sandbox

package deploy

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
)

// A field that the server does not know is dropped by it: only its warning says so.
func TestAnUnknownFieldIsTold(t *testing.T) {
	s := newSandbox(t)
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var told []string
	s.Cluster, err = New(config, Options{Notice: func(text string) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, text)
	}})
	if err != nil {
		t.Fatal(err)
	}
	content := small()
	content["templates/typo.yaml"] = "apiVersion: v1\nkind: Service\nmetadata: {name: typo}\nspec: {selectr: {app: x}, ports: [{port: 80}]}\n"
	rel := s.release(t, content)
	s.apply(t, rel)
	rel.Set = map[string]any{"again": true}
	s.apply(t, rel)
	mu.Lock()
	defer mu.Unlock()
	if n := len(slices.DeleteFunc(told, func(text string) bool { return !strings.Contains(text, `unknown field "spec.selectr"`) })); n != 1 {
		t.Errorf("the warning was told %d times: %q", n, told)
	}
}
