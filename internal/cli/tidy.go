package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/docker/docker/client"
	"github.com/docker/go-units"
	"k8s.io/client-go/kubernetes"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/event"
)

// tidyAfter is how long nothing must have happened before old images are removed.
const tidyAfter = 3 * time.Second

// tidier removes old images of the project while the loop has nothing to do, if
// something was built since the last time. Work that begins ends it.
type tidier struct {
	read func() (*config.Project, error) // devloop.yaml as it is
	emit event.Sink

	signal chan struct{} // something below changed
	mu     sync.Mutex
	active map[int]bool // iterations
	fresh  bool         // something was built since
	end    context.CancelFunc
	docker *client.Client // nil until it was reached
	target build.Target
	client kubernetes.Interface
	naming build.Naming
}

func newTidier(read func() (*config.Project, error), emit event.Sink) *tidier {
	return &tidier{read: read, emit: emit, signal: make(chan struct{}, 1), active: map[int]bool{}, fresh: true}
}

// reached tells where images are.
func (t *tidier) reached(docker *client.Client, target build.Target, cluster kubernetes.Interface, n build.Naming) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.docker, t.target, t.client, t.naming = docker, target, cluster, n
}

// observe takes note of what the loop does. It does not block.
func (t *tidier) observe(e event.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := e.(type) {
	case event.Changed:
		t.active[e.Iteration] = true
		if t.end != nil {
			t.end()
		}
	case event.Stage:
		t.fresh = t.fresh || e.Name == "build" && !e.Skipped
		return
	case event.Done:
		delete(t.active, e.Iteration)
	default:
		return
	}
	select {
	case t.signal <- struct{}{}:
	default:
	}
}

// run tidies until ctx ends.
func (t *tidier) run(ctx context.Context) error {
	var quiet <-chan time.Time
	told := ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.signal:
			quiet = nil
			if t.due() {
				quiet = time.After(tidyAfter)
			}
		case <-quiet:
			quiet = nil
			text, err := t.tidy(ctx)
			if err != nil {
				text = "old images stay: " + err.Error()
			}
			if text != "" && text != told {
				t.emit(event.Notice{Text: text})
				told = text
			}
		}
	}
}

func (t *tidier) due() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.active) == 0 && t.fresh && t.docker != nil
}

// tidy removes what is over the budget and says so in a line; empty for nothing.
func (t *tidier) tidy(outer context.Context) (string, error) {
	ctx, end := context.WithCancel(outer)
	defer end()
	t.mu.Lock()
	docker, target, cluster, naming := t.docker, t.target, t.client, t.naming
	busy := len(t.active) > 0
	t.end = end
	t.mu.Unlock()
	if busy {
		return "", nil
	}
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.end = nil
	}()
	p, err := t.read()
	if err != nil {
		return "", nil // told already; the next good one counts
	}
	used, err := usedImages(ctx, cluster)
	if err == nil {
		o := build.PruneOptions{Project: p.Name, Used: used, Target: target, Keep: build.Budget{Images: p.Keep.Images, Bytes: p.Keep.Bytes}}
		for _, name := range p.ImageNames() {
			o.Names = append(o.Names, naming.Name(name))
		}
		var done build.Pruned
		if done, err = build.Prune(ctx, docker, o); len(done.Refs)+done.Dangling > 0 {
			return prunedText(done), nil
		}
	}
	if ctx.Err() != nil {
		return "", nil // work began: after it
	}
	if err == nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.fresh = false
	}
	return "", err
}

// prunedText is one line, such as "removed 3 old images of app (12 MB)".
func prunedText(p build.Pruned) string {
	var names, parts []string
	for _, ref := range p.Refs {
		names = append(names, ref[:strings.LastIndexByte(ref, ':')])
	}
	if len(names) > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s", count(p.Images, "old image"), strings.Join(slices.Compact(names), ", ")))
	}
	if p.Dangling > 0 {
		parts = append(parts, count(p.Dangling, "image")+" without a name")
	}
	return fmt.Sprintf("removed %s (%s)", strings.Join(parts, " and "), units.HumanSize(float64(p.Bytes)))
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
