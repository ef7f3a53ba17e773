package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// shown is how much of an answer is printed, in bytes.
const shown = 200

// URLs asks each address once, with the timeout each, and writes a line about
// every answer. It returns an error that names each address that did not answer
// 200; no address at all is an error too.
func URLs(ctx context.Context, out io.Writer, timeout time.Duration, urls []string) error {
	if len(urls) == 0 {
		return errors.New("no address to check")
	}
	client := &http.Client{Timeout: timeout}
	var failed []error
	for _, url := range urls {
		line, err := ask(ctx, client, url)
		if err != nil {
			failed = append(failed, fmt.Errorf("check %s: %w", url, err))
			fmt.Fprintf(out, "FAIL %s: %v\n", url, err)
			continue
		}
		fmt.Fprintf(out, "ok   %s: %s\n", url, line)
	}
	return errors.Join(failed...)
}

func ask(ctx context.Context, client *http.Client, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, shown))
	if err != nil {
		return "", fmt.Errorf("read the answer: %w", err)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(body)), "\n")
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("answered %s: %s", resp.Status, line)
	}
	return line, nil
}
