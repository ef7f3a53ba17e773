package observe

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// service answers version v2 to every nth request; never while n is 0.
func service(t *testing.T) (url string, nth *atomic.Int64) {
	t.Helper()
	nth = &atomic.Int64{}
	var asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, version := asked.Add(1), "v1"
		if every := nth.Load(); every > 0 && n%every == 0 {
			version = "v2"
		}
		w.Header().Set("X-Version", version)
		if _, err := w.Write([]byte("I am " + version + ", " + r.Header.Get("X-Who"))); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, nth
}

func TestTheShareOfAnswersDecides(t *testing.T) {
	url, nth := service(t)
	eye := Answers{Ask: Get(Direct(), url, nil, Right{Header: "X-Version", Value: "v2"}), Of: 20, Least: 0.4, Most: 0.6, Every: time.Millisecond}
	for every, want := range map[int64]bool{0: false, 10: false, 2: true, 1: false} {
		nth.Store(every)
		if there, err := eye.Now(t.Context()); err != nil || there != want {
			t.Errorf("with v2 every %d: %v, %v", every, there, err)
		}
	}
	nth.Store(10)
	wait, err := eye.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	nth.Store(2)
	if seen, err := wait(); err != nil || seen.Before(start) {
		t.Errorf("seen %v after %v: %v", seen, start, err)
	}
}

func TestAnswersAreNotWaitedForBeyondTheEnd(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	eye := Answers{Ask: Get(Direct(), gone.URL, nil, Right{Body: "x"}), Of: 1, Least: 1, Most: 1, Every: time.Millisecond}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	wait, err := eye.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wait(); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("%v, and it should say why the last answer was none", err)
	}
}

func TestWhatIsRight(t *testing.T) {
	url, nth := service(t)
	nth.Store(1)
	for name, tt := range map[string]struct {
		right Right
		want  bool
	}{
		"body":        {Right{Body: "I am v2, me"}, true},
		"other body":  {Right{Body: "v1"}, false},
		"status":      {Right{Status: 404}, false},
		"header":      {Right{Header: "X-Version"}, true},
		"its value":   {Right{Header: "x-version", Value: "v1"}, false},
		"no such one": {Right{Header: "X-Other"}, false},
	} {
		if got, err := Get(Direct(), url, map[string]string{"X-Who": "me"}, tt.right)(t.Context()); err != nil || got != tt.want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
