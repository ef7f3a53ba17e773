// Command server is one service of many. It starts only when those it asks answer,
// which is what needs: in devloop.yaml is for.
package main

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"
)

// version is the line to edit: every service is made anew.
const version = "v1"

func main() {
	name := os.Getenv("NAME")
	asks := strings.FieldsFunc(os.Getenv("ASKS"), func(r rune) bool { return r == ',' })
	client := &http.Client{Timeout: 2 * time.Second}
	for _, other := range asks {
		if _, err := ask(client, "http://"+other+":8080"); err != nil {
			slog.Error("a service that must be there does not answer", "service", other, "error", err)
			os.Exit(1)
		}
	}
	server := &http.Server{Addr: ":8080", Handler: handler(name, asks, client), ReadHeaderTimeout: 5 * time.Second}
	slog.Info("listening", "name", name, "version", version)
	err := server.ListenAndServe()
	slog.Error("ended", "error", err)
	os.Exit(1)
}

// handler tells the service's name, and below it what those it asks say.
func handler(name string, asks []string, client *http.Client) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, cmp.Or(name, "nameless"), version)
		for _, other := range asks {
			text, err := ask(client, "http://"+other+":8080")
			if err != nil {
				text = fmt.Sprintln(other, "does not answer:", err)
			}
			for line := range strings.Lines(text) {
				fmt.Fprint(w, "  ", line)
			}
		}
	})
}

func ask(client *http.Client, url string) (string, error) {
	answer, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	return string(text), err
}
