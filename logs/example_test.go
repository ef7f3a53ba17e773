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
		printer := logs.NewPrinter(lipgloss.NewRenderer(os.Stdout), logs.PrinterOptions{})
		s := logs.New(client, logs.Options{Tail: 20, Filter: logs.Filter{Level: logs.Warn}}, func(l logs.Line) {
			fmt.Println(printer.Text(l))
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

func ExamplePrinter() {
	printer := logs.NewPrinter(lipgloss.NewRenderer(io.Discard), logs.PrinterOptions{}) // not a terminal: no colour
	fmt.Println(printer.Text(logs.Line{Namespace: "shop", Pod: "web-6d4c9f7b8c-x2k8p", Container: "web", Text: "listening on :8080"}))
	fmt.Println(printer.Text(logs.Line{Namespace: "shop", Pod: "db-0", Container: "init", Text: `{"level":"warn","msg":"slow disk","took":"2s"}`}))
	// Output:
	// web │ listening on :8080
	// db-0 init │ WARN  slow disk took=2s
}
