package build

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	controlapi "github.com/moby/buildkit/api/services/control"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// A busy daemon says of a step only how it stands by now, so a quick one has
// begun, printed and ended in one message.
func TestSolveLogOfOneMessage(t *testing.T) {
	start := time.Now()
	at := func(after time.Duration) *timestamppb.Timestamp { return timestamppb.New(start.Add(after)) }
	copied := &controlapi.Vertex{Digest: "sha256:a", Name: "[1/2] COPY a /", Started: at(0), Completed: at(time.Millisecond)}
	ran := &controlapi.Vertex{Digest: "sha256:b", Name: "[2/2] RUN b", Started: at(time.Millisecond), Completed: at(2 * time.Millisecond)}
	failed := &controlapi.Vertex{Digest: "sha256:b", Name: "[2/2] RUN b", Started: at(time.Millisecond), Completed: at(2 * time.Millisecond), Error: "exit code: 3"}
	givenUp := &controlapi.Vertex{Digest: "sha256:b", Name: "[2/2] RUN b", Started: at(0), Completed: at(0), Error: "context canceled"}
	cached := &controlapi.Vertex{Digest: "sha256:a", Name: "[1/2] COPY a /", Started: at(0), Completed: at(0), Cached: true}
	printed := []*controlapi.VertexLog{{Vertex: "sha256:b", Msg: []byte("one\ntwo")}}

	twice := func(from, to time.Duration) *controlapi.StatusResponse {
		return &controlapi.StatusResponse{Vertexes: []*controlapi.Vertex{
			{Digest: "sha256:c", Name: "[1/2] FROM c", Started: at(0), Completed: at(time.Millisecond)},
			{Digest: "sha256:c", Name: "[1/2] FROM c", Started: at(from), Completed: at(to)},
		}}
	}

	tests := map[string]struct {
		status *controlapi.StatusResponse
		want   []string
	}{
		"quick the second time": {twice(2*time.Millisecond, 3*time.Millisecond), []string{"[1/2] FROM c began", "[1/2] FROM c done"}},
		"slow the second time":  {twice(2*time.Millisecond, 3*time.Second), []string{"[1/2] FROM c began", "[1/2] FROM c done", "[1/2] FROM c done"}},
		"done":                  {&controlapi.StatusResponse{Vertexes: []*controlapi.Vertex{copied}}, []string{"[1/2] COPY a / began", "[1/2] COPY a / done"}},
		"two":                   {&controlapi.StatusResponse{Vertexes: []*controlapi.Vertex{copied, ran}}, []string{"[1/2] COPY a / began", "[1/2] COPY a / done", "[2/2] RUN b began", "[2/2] RUN b done"}},
		"printed":               {&controlapi.StatusResponse{Vertexes: []*controlapi.Vertex{ran}, Logs: printed}, []string{"[2/2] RUN b began", "[2/2] RUN b printed one", "[2/2] RUN b printed two", "[2/2] RUN b done"}},
		"failed":                {&controlapi.StatusResponse{Vertexes: []*controlapi.Vertex{failed}, Logs: printed}, []string{"[2/2] RUN b began", "[2/2] RUN b printed one", "[2/2] RUN b printed two", "[2/2] RUN b failed"}},
		"given up":              {&controlapi.StatusResponse{Vertexes: []*controlapi.Vertex{givenUp}}, []string{"[2/2] RUN b failed"}},
		"cached":                {&controlapi.StatusResponse{Vertexes: []*controlapi.Vertex{cached}}, []string{"[1/2] COPY a / cached"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			l := newSolveLog(strings.NewReplacer(), func(s Step) {
				got = append(got, strings.TrimSpace(s.Name+" "+string(s.State)+" "+s.Output))
			})
			l.read(tt.status)
			l.end()
			if !slices.Equal(got, tt.want) {
				t.Errorf("told %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSolveLogKnowsHowLongTheContextTook(t *testing.T) {
	start := time.Now()
	at := func(after time.Duration) *timestamppb.Timestamp { return timestamppb.New(start.Add(after)) }
	transfer := func(started, completed *timestamppb.Timestamp) *controlapi.StatusResponse {
		return &controlapi.StatusResponse{Vertexes: []*controlapi.Vertex{{Digest: "sha256:a", Name: "[internal] load build context", Started: started, Completed: completed}}}
	}
	l := newSolveLog(strings.NewReplacer(), nil)
	l.read(transfer(at(0), at(time.Millisecond))) // the cache key
	l.read(transfer(at(2*time.Millisecond), nil))
	l.read(transfer(at(2*time.Millisecond), at(500*time.Millisecond)))
	l.read(transfer(at(2*time.Millisecond), at(500*time.Millisecond)))
	if want := 499 * time.Millisecond; l.context != want {
		t.Errorf("the context took %v, want %v", l.context, want)
	}
}

// What a step without inputs does at its second start is a step's, too: a failure
// there names it.
func TestFailureAtTheSecondStart(t *testing.T) {
	start := time.Now()
	at := func(after time.Duration) *timestamppb.Timestamp { return timestamppb.New(start.Add(after)) }
	l := newSolveLog(strings.NewReplacer(), nil)
	l.read(&controlapi.StatusResponse{Vertexes: []*controlapi.Vertex{
		{Digest: "sha256:a", Name: "[1/2] ADD http://a /", Started: at(0), Completed: at(1)},
		{Digest: "sha256:a", Name: "[1/2] ADD http://a /", Started: at(2), Completed: at(3), Error: "unexpected end"},
	}})
	failure := job{}.solveFailure(errors.New("unexpected end"), l, []byte("FROM scratch\nADD http://a /\n"), strings.NewReplacer())
	if failure.Step != "ADD http://a /" {
		t.Errorf("it failed at %q", failure.Step)
	}
}
