package experiment

import (
	"fmt"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// WriteKubeconfig writes a kubeconfig file that has one context of another one, as
// its current. A run's commands are given it, so that they stay on that cluster
// when the user chooses another context meanwhile.
func WriteKubeconfig(path, from, context string) error {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = from
	raw, err := rules.Load()
	if err != nil {
		return fmt.Errorf("read kubeconfig: %w", err)
	}
	raw.CurrentContext = context
	if err := api.MinifyConfig(raw); err != nil {
		return fmt.Errorf("context %s: %w", context, err)
	}
	if err := api.FlattenConfig(raw); err != nil {
		return fmt.Errorf("context %s: %w", context, err)
	}
	if err := clientcmd.WriteToFile(*raw, path); err != nil {
		return fmt.Errorf("write kubeconfig: %w", err)
	}
	return nil
}
