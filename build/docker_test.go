package build

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	dockerbuild "github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
)

// fakeEngine stands in for a docker daemon without BuildKit where a test needs an
// answer that a real one gives only by accident. It has the images in has, and
// answers a build by the function given; an image that was built is there.
type fakeEngine struct {
	has   map[string]string // reference -> id
	build func(ctx context.Context, tar io.Reader, o dockerbuild.ImageBuildOptions) (io.ReadCloser, error)
	calls int
}

func (e *fakeEngine) ImageInspect(_ context.Context, ref string, _ ...client.ImageInspectOption) (image.InspectResponse, error) {
	if id, ok := e.has[ref]; ok {
		return image.InspectResponse{ID: id}, nil
	}
	return image.InspectResponse{}, fmt.Errorf("no such image: %w", errdefs.ErrNotFound)
}

func (e *fakeEngine) ImageBuild(ctx context.Context, tar io.Reader, o dockerbuild.ImageBuildOptions) (dockerbuild.ImageBuildResponse, error) {
	e.calls++
	body, err := e.build(ctx, tar, o)
	if err == nil {
		e.has = map[string]string{o.Tags[0]: "sha256:abc"}
	}
	return dockerbuild.ImageBuildResponse{Body: body}, err
}

func (e *fakeEngine) Ping(context.Context) (types.Ping, error) { return types.Ping{}, nil }

func (e *fakeEngine) DialHijack(context.Context, string, string, map[string][]string) (net.Conn, error) {
	return nil, errors.New("no BuildKit")
}

// answering reads the whole context and then says the lines given.
func answering(lines ...string) func(context.Context, io.Reader, dockerbuild.ImageBuildOptions) (io.ReadCloser, error) {
	return func(_ context.Context, tar io.Reader, _ dockerbuild.ImageBuildOptions) (io.ReadCloser, error) {
		if _, err := io.Copy(io.Discard, tar); err != nil {
			return nil, err
		}
		return io.NopCloser(strings.NewReader(strings.Join(lines, "\n"))), nil
	}
}

func TestAnImageThatIsThereIsNotBuilt(t *testing.T) {
	s := Spec{Name: "app", Context: project(t)}
	in := inputs(t, s)
	e := &fakeEngine{has: map[string]string{"app:" + in.Tag(): "sha256:1"}}
	img, err := NewDocker(e).Build(t.Context(), s, in, nil)
	if err != nil || img.Built || img.ID != "sha256:1" || e.calls != 0 {
		t.Errorf("image %+v, error %v, %d builds", img, err, e.calls)
	}
}

func TestBuildSendsTheSpecAndTellsTheSteps(t *testing.T) {
	s := Spec{Name: "team/app", Context: project(t), Target: "run", Platform: "linux/amd64", Args: map[string]string{"A": "1"}}
	in := inputs(t, s)
	e := &fakeEngine{}
	answer := answering(
		`{"stream":"Step 1/3 : FROM scratch\n"}`, `{"stream":" ---\u003e \n"}`,
		`{"status":"Pulling from library/x","id":"latest"}`, `{"status":"Downloading","id":"ab","progressDetail":{"current":5,"total":9}}`,
		`{"stream":"Step 2/3 : RUN make\n"}`, `{"stream":" ---\u003e Running in 0123abcd\n"}`, `{"stream":"cc -o "}`, `{"stream":"x\nStep 2/3 : not one\n"}`,
		`{"stream":"Removing intermediate container 0123abcd\n"}`, `{"stream":" ---\u003e 4567\n"}`,
		`{"stream":"Step 3/3 : COPY . /\n"}`, `{"stream":" ---\u003e Using cache\n"}`,
		`{"aux":{"ID":"sha256:abc"}}`, `{"stream":"Successfully built abc\n"}`, `{"stream":"Successfully tagged x\n"}`,
	)
	e.build = func(ctx context.Context, context io.Reader, o dockerbuild.ImageBuildOptions) (io.ReadCloser, error) {
		if !slices.Equal(o.Tags, []string{"team/app:" + in.Tag()}) || o.Target != "run" || o.Platform != "linux/amd64" || *o.BuildArgs["A"] != "1" || o.Version != "1" {
			t.Errorf("options %+v", o)
		}
		return answer(ctx, context, o)
	}
	var steps []string
	img, err := NewDocker(e).Build(t.Context(), s, in, func(s Step) { steps = append(steps, s.String()) })
	if err != nil {
		t.Fatal(err)
	}
	if !img.Built || img.ID != "sha256:abc" || img.Ref != "team/app:"+in.Tag() || img.Took <= 0 {
		t.Errorf("image %+v", img)
	}
	want := []string{"this docker daemon has no BuildKit: its classic builder is sent the whole context",
		"[1/3] FROM scratch", "latest: Pulling from library/x", "[1/3] FROM scratch (done, 0.0 s)",
		"[2/3] RUN make", "cc -o x", "Step 2/3 : not one", "[2/3] RUN make (done, 0.0 s)",
		"[3/3] COPY . /", "[3/3] COPY . / (cached)"}
	if !slices.Equal(steps, want) {
		t.Errorf("steps %q, want %q", steps, want)
	}
}

func TestFailedStepIsFoundInTheDockerfile(t *testing.T) {
	const dockerfile = "# the image\nARG V=1\nFROM scratch AS a\n\nRUN echo \\\n  one\nFROM a\nRUN make \\\n  all\n"
	tests := map[string]struct {
		dockerfile string
		answer     []string
		want       BuildError
	}{
		"a step": {dockerfile, []string{
			`{"stream":"Step 1/5 : ARG V=1\n"}`, `{"stream":"Step 2/5 : FROM scratch AS a\n"}`, `{"stream":"Step 3/5 : RUN echo   one\n"}`,
			`{"stream":"one\n"}`, `{"stream":"Step 4/5 : FROM a\n"}`, `{"stream":"Step 5/5 : RUN make   all\n"}`,
			`{"stream":" ---\u003e Running in 0123abcd\n"}`, `{"stream":"no rule to make all\n"}`,
			`{"errorDetail":{"code":2,"message":"returned a non-zero code: 2"},"error":"returned a non-zero code: 2"}`,
		}, BuildError{Line: 8, Step: "RUN make   all", Message: "returned a non-zero code: 2", Output: "no rule to make all"}},
		"the form, in docker's words": {"FROM scratch\n\nCOPPY a b\n", []string{`{"error":"dockerfile parse error line 3: unknown instruction: COPPY"}`},
			BuildError{Line: 3, Message: "dockerfile parse error line 3: unknown instruction: COPPY"}},
		"the form, found here": {"FROM scratch\nENV a\n", []string{`{"error":"it does not parse"}`}, BuildError{Line: 2, Message: "it does not parse"}},
		"no step":              {"FROM scratch\n", []string{`{"error":"target stage x could not be found"}`}, BuildError{Message: "target stage x could not be found"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := Spec{Name: "app", Context: folder(t, map[string]string{"Dockerfile": tt.dockerfile})}
			_, err := NewDocker(&fakeEngine{build: answering(tt.answer...)}).Build(t.Context(), s, inputs(t, s), nil)
			var got *BuildError
			if !errors.As(err, &got) {
				t.Fatalf("error %v, want a *BuildError", err)
			}
			tt.want.Image, tt.want.Dockerfile = "app", filepath.Join(s.Context, "Dockerfile")
			if *got != tt.want {
				t.Errorf("error %+v, want %+v", *got, tt.want)
			}
			if tt.want.Line > 0 && !strings.HasPrefix(err.Error(), fmt.Sprintf("%s:%d: ", tt.want.Dockerfile, tt.want.Line)) {
				t.Errorf("the text %q does not begin with file and line", err)
			}
		})
	}
}

func TestAChangedInputTagsNothing(t *testing.T) {
	root := project(t)
	s := Spec{Name: "app", Context: root}
	in := inputs(t, s)
	put(t, filepath.Join(root, "main.go"), "package changed\n")
	tagged := false
	e := &fakeEngine{build: func(_ context.Context, context io.Reader, _ dockerbuild.ImageBuildOptions) (io.ReadCloser, error) {
		for r := tar.NewReader(context); ; {
			switch _, err := r.Next(); {
			case errors.Is(err, io.EOF):
				tagged = true
				return io.NopCloser(strings.NewReader(`{"aux":{"ID":"sha256:abc"}}`)), nil
			case err != nil:
				return nil, errors.New("Error response from daemon: unexpected EOF") // knows no more
			}
		}
	}}
	_, err := NewDocker(e).Build(t.Context(), s, in, nil)
	if !errors.Is(err, ErrInputsChanged) || !strings.Contains(err.Error(), "main.go") {
		t.Errorf("error %v, want ErrInputsChanged with the file", err)
	}
	if tagged {
		t.Error("the daemon received a whole context")
	}
}

func TestADaemonThatStopsReadingHoldsNothingUp(t *testing.T) {
	root := project(t)
	if err := os.Truncate(filepath.Join(root, "main.go"), 8<<20); err != nil {
		t.Fatal(err)
	}
	s := Spec{Name: "app", Context: root}
	e := &fakeEngine{build: func(context.Context, io.Reader, dockerbuild.ImageBuildOptions) (io.ReadCloser, error) {
		return nil, errors.New("no space left on device")
	}}
	_, err := NewDocker(e).Build(t.Context(), s, inputs(t, s), nil)
	if err == nil || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("error %v, want docker's", err)
	}
}

func TestABuildThatEndsWithoutAnImageIsAnError(t *testing.T) {
	s := Spec{Name: "app", Context: project(t)}
	for name, answer := range map[string]string{
		"cut":     `{"stream":"Step 1/2 : FROM scratch\n"}{"stream":"Ste`,
		"nothing": `{"stream":"Step 1/2 : FROM scratch\n"}`,
	} {
		if img, err := NewDocker(&fakeEngine{build: answering(answer)}).Build(t.Context(), s, inputs(t, s), nil); err == nil {
			t.Errorf("%s: image %+v and no error", name, img)
		}
	}
}

func TestCancelEndsTheBuild(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	newer := errors.New("a newer save")
	s := Spec{Name: "app", Context: project(t)}
	e := &fakeEngine{build: func(ctx context.Context, context io.Reader, _ dockerbuild.ImageBuildOptions) (io.ReadCloser, error) {
		cancel(newer)
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	if _, err := NewDocker(e).Build(ctx, s, inputs(t, s), nil); !errors.Is(err, newer) {
		t.Errorf("error %v, want the cause of the cancel", err)
	}
}
