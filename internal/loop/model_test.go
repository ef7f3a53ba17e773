package loop

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/digest"
	"github.com/devloop-dev/devloop/internal/event"
)

// The model holds the loop against what its user may rely on, whatever is saved
// when: files are real, docker, the cluster and inotify are fakes that take
// their time, on a clock that runs as fast as it can. See world for what is
// checked while the loop runs.

const modelProject = `apiVersion: devloop/v1
project: model
images:
  app: {context: app}
  worker: {context: worker}
releases:
  base: {chart: plain, values: [base.yaml]}
  shop: {chart: chart, values: [shop.yaml], images: {app.image: app, worker.image: worker}, needs: [base]}
  admin: {chart: chart, values: [admin.yaml], images: {image: app}}
`

// savedFiles are those that the model saves.
func savedFiles() []string {
	return []string{"app/main", "app/lib", "worker/main", "base.yaml", "shop.yaml", "admin.yaml", "chart/t"}
}

func TestModel(t *testing.T) {
	first, games := rand.Uint64()>>16, uint64(100)
	if text := os.Getenv("MODEL_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		first, games = seed, 1
	}
	for seed := first; seed < first+games; seed++ {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, seed)
			w.play()
			if t.Failed() {
				t.Logf("again with MODEL_SEED=%d; what happened:\n%s", seed, strings.Join(w.story, "\n"))
			}
		})
	}
}

// play saves files at random moments and expects, when nothing is saved any more
// and nothing fails, that the cluster is what the files say.
func (w *world) play() {
	t, rnd := w.t, rand.New(rand.NewPCG(w.seed, 0))
	w.failing, w.lossy = rnd.IntN(3) == 0, rnd.IntN(3) == 0
	ctx, cancel := context.WithCancel(t.Context())
	l := New(Options{
		File: filepath.Join(w.dir, "devloop.yaml"), Hasher: digest.New(), Watcher: w, Emit: w.emit,
		Connect: func(context.Context, *config.Project) (*Backends, error) {
			time.Sleep(w.takes("connect", time.Second))
			return &Backends{Namespace: "default", Builder: w, Target: w, Cluster: w}, nil
		},
	})
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()

	for range 3 + rnd.IntN(20) {
		// Now a burst, now a pause in which much is finished.
		time.Sleep(time.Duration(rnd.Int64N(int64(10*time.Millisecond) << rnd.IntN(10))))
		for range 1 + rnd.IntN(3)/2 {
			path, text := savedFiles()[rnd.IntN(len(savedFiles()))], fmt.Sprint(rnd.IntN(4))
			w.save(path, text, !w.lossy || rnd.IntN(5) > 0)
			if rnd.IntN(4) == 0 { // another thought, and back, while the first is at work
				time.Sleep(time.Duration(rnd.Int64N(int64(150 * time.Millisecond))))
				w.save(path, "another", true)
				time.Sleep(time.Duration(rnd.Int64N(int64(30 * time.Millisecond))))
				w.save(path, text, true)
			}
		}
		if rnd.IntN(20) == 0 {
			w.ask(l) // as devloop wait does, in the middle
		}
	}
	if rnd.IntN(5) == 0 { // Ctrl-C in the middle
		w.mu.Lock()
		w.ending = true
		w.mu.Unlock()
		cancel()
		w.over(<-ended)
		return
	}
	w.mu.Lock()
	w.failing = false
	w.mu.Unlock()
	if s := w.ask(l); s.Verdict != event.Live {
		if _, err := l.Retry(ctx); err != nil {
			t.Error(err)
		}
		if s = w.ask(l); s.Verdict != event.Live {
			t.Errorf("nothing fails any more, and the verdict is %+v", s)
		}
	}
	w.compare()
	cancel()
	w.over(<-ended)
}

// save writes a file as most editors do, and, unless it is lost, has the watcher
// tell.
func (w *world) save(path, text string, told bool) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.write(path, text)
	w.note()
	w.tell("save %s of %s, told %v", text, path, told)
	if told {
		w.pending = append(w.pending, filepath.Join(w.dir, filepath.FromSlash(path)))
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

func (w *world) write(path, text string) {
	w.t.Helper()
	full, now := filepath.Join(w.dir, filepath.FromSlash(path)), time.Now()
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(full+"~", []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
	// The file system does not know this world's clock.
	if err := os.Chtimes(full+"~", now, now); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Rename(full+"~", full); err != nil {
		w.t.Fatal(err)
	}
	w.files[path] = text
}

// ask is devloop wait.
func (w *world) ask(l *Loop) Status {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Hour)
	defer cancel()
	s, err := l.Status(ctx)
	if err != nil {
		w.t.Errorf("the loop does not settle: %v", err)
	}
	return s
}
