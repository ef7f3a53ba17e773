package model

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 1 << 20

// Verdict is the model service's answer for one message.
type Verdict struct {
	Label       string   `json:"label"`       // ham or spam
	Probability float64  `json:"probability"` // that it is spam, 0 to 1
	Version     string   `json:"version"`     // of the model service
	Variant     string   `json:"variant"`     // of the model in it
	Reasons     []Reason `json:"reasons"`
}

// Reason is a word or other sign in the message: a weight above 0 speaks for spam.
type Reason struct {
	Feature string  `json:"feature"`
	Weight  float64 `json:"weight"`
}

// UnavailableError is returned when the model service gave no usable answer:
// it could not be reached, was too slow, or refused or failed.
type UnavailableError struct {
	URL string // that was asked
	Err error
}

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("ask the model service at %s: %v", e.URL, e.Err)
}

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// Client asks one model service. Make it with NewClient.
type Client struct {
	url    string
	apiKey string
	caller string
	http   *http.Client
}

// NewClient returns a client of the service at base, such as
// http://sms-checker-model-v1:8080. It sends apiKey as a bearer token where it
// is not empty, and caller, the asking service's version, as X-App-Version. A
// question is given up after timeout.
func NewClient(base, apiKey, caller string, timeout time.Duration) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("address of the model service: %w", err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("address of the model service is %q: want http://HOST:PORT", base)
	}
	return &Client{
		url:    u.JoinPath("predict").String(),
		apiKey: apiKey,
		caller: caller,
		http:   &http.Client{Timeout: timeout},
	}, nil
}

// Check asks for a verdict on one message. Every error is an *UnavailableError.
func (c *Client) Check(ctx context.Context, sms string) (Verdict, error) {
	verdict, err := c.check(ctx, sms)
	if err != nil {
		return Verdict{}, &UnavailableError{URL: c.url, Err: err}
	}
	return verdict, nil
}

func (c *Client) check(ctx context.Context, sms string) (Verdict, error) {
	body, err := json.Marshal(map[string]string{"sms": sms})
	if err != nil {
		return Verdict{}, fmt.Errorf("encode the message: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return Verdict{}, fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-App-Version", c.caller)
	if c.apiKey != "" {
		req.Header.Set("Authorization", "Bearer "+c.apiKey)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return Verdict{}, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return Verdict{}, fmt.Errorf("read the answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return Verdict{}, fmt.Errorf("it answered %s: %s", resp.Status, firstLine(answer))
	}
	var verdict Verdict
	if err := json.Unmarshal(answer, &verdict); err != nil {
		return Verdict{}, fmt.Errorf("its answer is not the expected JSON: %w", err)
	}
	if verdict.Label != "ham" && verdict.Label != "spam" {
		return Verdict{}, fmt.Errorf("its answer has the label %q: want ham or spam", verdict.Label)
	}
	return verdict, nil
}

// firstLine keeps a foreign answer short enough for an error.
func firstLine(answer []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(answer)), "\n")
	return line[:min(len(line), 200)]
}
