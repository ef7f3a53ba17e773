package skaffold

import "testing"

// A pattern of skaffold's is looked for anywhere in the name; devloop's is all of it.
func TestPatternsOfContexts(t *testing.T) {
	for pattern, want := range map[string]string{
		"minikube": "minikube", "^minikube$": "minikube", "kind-.*": "kind-.*", "a|b": "a|b",
		"^gke_": ".*(?:^gke_).*", "-prod$": ".*(?:-prod$).*", "^a|b$": ".*(?:^a|b$).*", "(?i)dev": ".*(?:(?i)dev).*",
	} {
		if got := wholly(pattern); got != want {
			t.Errorf("%s becomes %s, want %s", pattern, got, want)
		}
	}
}
