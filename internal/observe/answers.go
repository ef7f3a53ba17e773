package observe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"k8s.io/client-go/rest"
)

// Answers sees what a service answers: it asks on and on, one request after the
// other, and looks at the share of the last answers that are as they should be.
type Answers struct {
	// Ask sends one request and says whether the answer is as it should be.
	Ask func(ctx context.Context) (bool, error)
	// Of is how many answers are looked at; Least and Most are the share of them
	// that has to be right, from 0 to 1. An error is a wrong answer.
	Of          int
	Least, Most float64
	// Every is the shortest time between two requests.
	Every time.Duration
}

// Now implements Eye.
func (a Answers) Now(ctx context.Context) (bool, error) {
	var last []bool
	for range a.Of {
		right, _ := a.Ask(ctx) // not there is not right
		last = append(last, right)
	}
	return a.enough(last), ctx.Err()
}

// Open implements Eye. The time is that of the answer which completes the share.
func (a Answers) Open(ctx context.Context) (func() (time.Time, error), error) {
	var last []bool
	return polled(ctx, a.Every, func(ctx context.Context) (bool, error) {
		right, err := a.Ask(ctx)
		last = append(last, right)
		if len(last) > a.Of {
			last = last[1:]
		}
		if a.enough(last) {
			return true, nil
		}
		return false, err
	}), nil
}

func (a Answers) enough(last []bool) bool {
	if len(last) < a.Of {
		return false
	}
	right := 0
	for _, r := range last {
		if r {
			right++
		}
	}
	share := float64(right) / float64(len(last))
	return a.Least <= share && share <= a.Most
}

// Right says whether an answer is as it should be.
type Right struct {
	Status int    // default 200
	Header string // name of a header that must be Value, or be there if Value is empty
	Value  string
	Body   string // a text that must be in it
}

func (r Right) check(status int, header http.Header, body string) bool {
	want := r.Status
	if want == 0 {
		want = http.StatusOK
	}
	switch {
	case status != want || !strings.Contains(body, r.Body):
		return false
	case r.Header != "" && r.Value == "":
		return header.Get(r.Header) != ""
	}
	return r.Header == "" || header.Get(r.Header) == r.Value
}

// answerWithin is how long one answer may take.
const answerWithin = 5 * time.Second

// Direct is a client for Get whose every request comes over a connection of its
// own, as those of new visitors do: one that stays open would ask the same pod each
// time.
func Direct() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
}

// ServiceURL is where the API server passes requests on to a service, and a client
// that may ask there. It works from every machine that has the cluster's
// kubeconfig; the API server chooses an endpoint at random for each request. port
// is a number or a name.
func ServiceURL(config *rest.Config, namespace, name, port, path string) (string, *http.Client, error) {
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return "", nil, fmt.Errorf("ask service %s: %w", name, err)
	}
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return "", nil, fmt.Errorf("ask service %s: %w", name, err)
	}
	at := fmt.Sprintf("api/v1/namespaces/%s/services/%s:%s/proxy/%s", namespace, name, port, strings.TrimPrefix(path, "/"))
	return strings.TrimSuffix(base.String(), "/") + "/" + at, client, nil
}

// Get sends one GET request and looks at the answer; redirects are answers.
func Get(client *http.Client, url string, header map[string]string, right Right) func(context.Context) (bool, error) {
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return func(ctx context.Context) (bool, error) {
		ctx, cancel := context.WithTimeout(ctx, answerWithin)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return false, err
		}
		for name, value := range header {
			req.Header.Set(name, value)
			if strings.EqualFold(name, "host") {
				req.Host = value
			}
		}
		res, err := own.Do(req)
		if err != nil {
			return false, err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
		return err == nil && right.check(res.StatusCode, res.Header, string(body)), err
	}
}

// endOf is the error of ctx's end, with the last thing that went wrong.
func endOf(ctx context.Context, last error) error {
	if last == nil || errors.Is(last, ctx.Err()) {
		return context.Cause(ctx)
	}
	return fmt.Errorf("%w; the last answer: %w", context.Cause(ctx), last)
}
