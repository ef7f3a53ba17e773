package build

import (
	"context"
	"slices"
	"strings"
	"time"

	controlapi "github.com/moby/buildkit/api/services/control"
)

// solveLog tells the steps of a build from what BuildKit says of its vertices.
// It is used by one goroutine at a time.
type solveLog struct {
	mask     *strings.Replacer
	progress func(Step)
	all      map[string]*vertex // by digest
	order    []*vertex
	context  time.Duration // of the step that transfers the context
}

// vertex is one of BuildKit's pieces of work.
type vertex struct {
	digest   string
	name     string
	internal bool      // docker's own business
	again    bool      // it started a second time
	started  time.Time // by the daemon's clock
	began    time.Time // by this machine's: the daemon's may be another's
	ended    bool
	told     time.Time // when it was last said that it still runs
	lines    *lineWriter
	failure  string
}

const (
	internalPrefix = "[internal] "
	contextStep    = "load build context" // by the Dockerfile frontend
)

func newSolveLog(mask *strings.Replacer, progress func(Step)) *solveLog {
	if progress == nil {
		progress = func(Step) {}
	}
	return &solveLog{mask: mask, progress: progress, all: map[string]*vertex{}}
}

// follow tells progress until the daemon has no more of it or ctx ends. Why a
// status cannot be had is of no interest: the build itself ends with the cause.
func (l *solveLog) follow(ctx context.Context, control controlapi.ControlClient, ref string) {
	stream, err := control.Status(ctx, &controlapi.StatusRequest{Ref: ref})
	if err != nil {
		return
	}
	ctx, end := context.WithCancel(ctx)
	said := make(chan *controlapi.StatusResponse)
	received := make(chan struct{})
	go func() {
		defer close(received)
		defer close(said)
		for {
			status, err := stream.Recv()
			if err != nil {
				return
			}
			select {
			case said <- status:
			case <-ctx.Done():
				return
			}
		}
	}()
	defer func() { end(); <-received }()
	clock := time.NewTicker(slowAfter / 4)
	defer clock.Stop()
	for {
		select {
		case status, ok := <-said:
			if !ok {
				l.end()
				return
			}
			l.read(status)
		case now := <-clock.C:
			l.tick(now)
		case <-ctx.Done():
			return
		}
	}
}

// read tells what one message of the daemon says. It gathers what happened since
// the one before: a quick step has begun, printed and ended in the same.
func (l *solveLog) read(status *controlapi.StatusResponse) {
	printed := map[string][]*controlapi.VertexLog{}
	for _, out := range status.Logs {
		printed[out.Vertex] = append(printed[out.Vertex], out)
	}
	for _, said := range status.Vertexes {
		v := l.vertex(said)
		l.begin(v, said)
		v.print(printed[said.Digest])
		delete(printed, said.Digest)
		l.finish(v, said)
	}
	for _, v := range l.order {
		v.print(printed[v.digest])
	}
}

// quiet is what is told only when it is slow, or fails.
func (v *vertex) quiet() bool { return v.internal || v.again }

func (v *vertex) print(logs []*controlapi.VertexLog) {
	for _, out := range logs {
		v.lines.Write(out.Msg)
	}
}

// vertex is the one that is spoken of, known or new.
func (l *solveLog) vertex(said *controlapi.Vertex) *vertex {
	if v := l.all[said.Digest]; v != nil {
		return v
	}
	name, internal := strings.CutPrefix(l.mask.Replace(said.Name), internalPrefix)
	v := &vertex{digest: said.Digest, name: name, internal: internal || strings.HasPrefix(name, "exporting "), lines: &lineWriter{}}
	v.lines.each = func(text string) {
		text = l.mask.Replace(text)
		v.lines.kept[len(v.lines.kept)-1] = text
		l.progress(Step{Name: v.name, State: StepPrinted, Output: text})
	}
	l.all[said.Digest] = v
	l.order = append(l.order, v)
	return v
}

// begin takes note of the start of a vertex. Those without inputs start twice, for
// their cache key and for their result: the second time is told only when it is slow.
func (l *solveLog) begin(v *vertex, said *controlapi.Vertex) {
	if said.Started == nil || said.Cached || canceled(said.Error) || v.started.Equal(said.Started.AsTime()) {
		return
	}
	v.again = !v.started.IsZero()
	v.started, v.began, v.ended = said.Started.AsTime(), time.Now(), false
	v.told = v.began.Add(slowAfter - slowRepeat)
	l.tell(v, StepBegan, 0)
}

func (l *solveLog) finish(v *vertex, said *controlapi.Vertex) {
	if said.Error != "" {
		v.failure = said.Error
	}
	switch {
	case v.ended:
	case said.Cached:
		v.ended = true
		l.tell(v, StepCached, 0)
	case said.Completed != nil:
		v.ended = true
		v.lines.end()
		took := time.Duration(0)
		if said.Started != nil {
			took = said.Completed.AsTime().Sub(said.Started.AsTime())
		}
		if v.internal && v.name == contextStep {
			l.context += took
		}
		state := StepDone
		if said.Error != "" {
			state = StepFailed
		}
		if !v.quiet() || took >= slowAfter || state == StepFailed && !canceled(said.Error) {
			l.progress(Step{Name: v.name, State: state, Took: took})
		}
	}
}

// canceled reports whether a step failed only because the build was given up:
// it may never have begun.
func canceled(failure string) bool {
	return strings.Contains(failure, context.Canceled.Error())
}

func (l *solveLog) tell(v *vertex, state StepState, took time.Duration) {
	if !v.quiet() {
		l.progress(Step{Name: v.name, State: state, Took: took})
	}
}

// tick says of what runs long that it still does.
func (l *solveLog) tick(now time.Time) {
	for _, v := range l.order {
		if v.ended || v.began.IsZero() || now.Sub(v.told) < slowRepeat {
			continue
		}
		v.told = now
		l.progress(Step{Name: v.name, State: StepRunning, Took: now.Sub(v.began)})
	}
}

// end passes on last lines without an end.
func (l *solveLog) end() {
	for _, v := range l.order {
		v.lines.end()
	}
}

// failed is the step that a build failed at, nil when none is known. digest is
// that of the error, if it has one.
func (l *solveLog) failed(digest string) *vertex {
	if v := l.all[digest]; v != nil {
		return v
	}
	i := slices.IndexFunc(l.order, func(v *vertex) bool {
		return v.failure != "" && !canceled(v.failure)
	})
	if i < 0 {
		return nil
	}
	return l.order[i]
}
