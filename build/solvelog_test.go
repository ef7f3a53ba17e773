package build

import (
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

	tests := map[string]struct {
		status *controlapi.StatusResponse
		want   []string
	}{
		"done":     {&controlapi.StatusResponse{Vertexes: []*controlapi.Vertex{copied}}, []string{"[1/2] COPY a / began", "[1/2] COPY a / done"}},
		"two":      {&controlapi.StatusResponse{Vertexes: []*controlapi.Vertex{copied, ran}}, []string{"[1/2] COPY a / began", "[1/2] COPY a / done", "[2/2] RUN b began", "[2/2] RUN b done"}},
		"printed":  {&controlapi.StatusResponse{Vertexes: []*controlapi.Vertex{ran}, Logs: printed}, []string{"[2/2] RUN b began", "[2/2] RUN b printed one", "[2/2] RUN b printed two", "[2/2] RUN b done"}},
		"failed":   {&controlapi.StatusResponse{Vertexes: []*controlapi.Vertex{failed}, Logs: printed}, []string{"[2/2] RUN b began", "[2/2] RUN b printed one", "[2/2] RUN b printed two", "[2/2] RUN b failed"}},
		"given up": {&controlapi.StatusResponse{Vertexes: []*controlapi.Vertex{givenUp}}, []string{"[2/2] RUN b failed"}},
		"cached":   {&controlapi.StatusResponse{Vertexes: []*controlapi.Vertex{cached}}, []string{"[1/2] COPY a / cached"}},
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
