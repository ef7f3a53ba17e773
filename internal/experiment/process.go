package experiment

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/devloop-dev/devloop/internal/procgroup"
)

// ending is how long a command may take to end after it was asked to.
const ending = 20 * time.Second

// process is a command of an arm that runs.
type process struct {
	cmd   *exec.Cmd
	out   *printed
	ended chan struct{} // closed when it has ended
	err   error         // valid then
}

// launch starts a command in the arm's folder. stop ends it and all it started.
func launch(dir string, env, words []string, out *printed) (*process, error) {
	words, err := own(words)
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(words[0], words[1:]...), out: out, ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = dir, env
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.WaitDelay = time.Second // its output may stay open in a process it left behind
	procgroup.Own(p.cmd)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", words[0], err)
	}
	go func() {
		defer close(p.ended)
		p.err = p.cmd.Wait()
	}()
	return p, nil
}

// own is the command with this binary in place of the word devloop, whatever PATH
// has under that name.
func own(words []string) ([]string, error) {
	if words[0] != "devloop" {
		return words, nil
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find devloop: %w", err)
	}
	return append([]string{self}, words[1:]...), nil
}

// stop asks the process and all it started to end, waits for that, and kills what
// is left.
func (p *process) stop() {
	select {
	case <-p.ended:
	default:
		_ = procgroup.End(p.cmd) // it has ended already, or is killed below
		select {
		case <-p.ended:
		case <-time.After(ending):
		}
	}
	procgroup.Kill(p.cmd)
	<-p.ended
}

// wait blocks until the process has ended by itself, or ends it with ctx.
func (p *process) wait(ctx context.Context) error {
	select {
	case <-p.ended:
	case <-ctx.Done():
		p.stop()
		return ctx.Err()
	}
	if p.err != nil && !errors.Is(p.err, exec.ErrWaitDelay) {
		return fmt.Errorf("%s: %w: %s", p.cmd.Args[0], p.err, p.out.tail())
	}
	return nil
}

// run runs a command to its end.
func run(ctx context.Context, dir string, env, words []string, log io.Writer) error {
	p, err := launch(dir, env, words, newPrinted(log))
	if err != nil {
		return err
	}
	return p.wait(ctx)
}

// keptOutput bounds what is kept of a process's output in memory, in bytes.
const keptOutput = 1 << 20

// printed is what a process printed: the newest part of it, and all of it in a log.
type printed struct {
	log io.Writer

	mu      sync.Mutex
	text    []byte
	dropped int           // bytes before text
	more    chan struct{} // closed when more has come
}

func newPrinted(log io.Writer) *printed { return &printed{log: log, more: make(chan struct{})} }

func (p *printed) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = append(p.text, data...)
	if over := len(p.text) - keptOutput; over > 0 {
		p.text = append([]byte(nil), p.text[over:]...)
		p.dropped += over
	}
	close(p.more)
	p.more = make(chan struct{})
	return p.log.Write(data)
}

// mark is where the output ends now.
func (p *printed) mark() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dropped + len(p.text)
}

// since is what was printed after a mark, as far as it is kept, and a channel that
// closes when there is more.
func (p *printed) since(mark int) (string, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.text[max(0, mark-p.dropped):]), p.more
}

// tail is the end of it, for messages.
func (p *printed) tail() string {
	text, _ := p.since(0)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-8):], "\n")
}

// shown is an observe.Eye that sees a text in a process's output.
type shown struct {
	out  *printed
	text string
}

// Now: what was printed before counts for nothing.
func (s shown) Now(context.Context) (bool, error) { return false, nil }

func (s shown) Open(ctx context.Context) (func() (time.Time, error), error) {
	mark := s.out.mark()
	return func() (time.Time, error) {
		for {
			text, more := s.out.since(mark)
			if strings.Contains(text, s.text) {
				return time.Now(), nil
			}
			select {
			case <-more:
			case <-ctx.Done():
				return time.Time{}, fmt.Errorf("%q was not printed: %w", s.text, context.Cause(ctx))
			}
		}
	}, nil
}
