package logs_test

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/charmbracelet/lipgloss"
	"github.com/devloop-dev/devloop/logs"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
)

func ExampleStreamer() {
	follow := func(ctx context.Context, client kubernetes.Interface) error {
		palette := logs.NewPalette(lipgloss.NewRenderer(os.Stdout))
		s := logs.New(client, logs.Options{Tail: 20}, func(l logs.Line) {
			fmt.Println(palette.Prefix(l) + l.Text)
		})
		s.Follow([]logs.Selector{{
			Release:   "sms-checker",
			Namespace: "sms",
			Labels:    labels.SelectorFromSet(labels.Set{"app.kubernetes.io/instance": "sms-checker"}),
		}})
		return s.Run(ctx) // until ctx ends
	}
	_ = follow
}

func ExamplePalette() {
	palette := logs.NewPalette(lipgloss.NewRenderer(io.Discard)) // not a terminal: no colour
	line := logs.Line{Namespace: "sms", Pod: "app-7d9f-x2k1p", Container: "app", Text: "listening on :8080"}
	fmt.Println(palette.Prefix(line) + line.Text)
	// Output: app-7d9f-x2k1p app │ listening on :8080
}
