package preview

import (
	"context"
	"fmt"
	"strings"

	"github.com/devloop-dev/devloop/internal/request"
)

// Image is one image of the project.
type Image struct {
	Name  string     `json:"name"`
	State ImageState `json:"state"`
	// Ref is what the image's content gives; empty when that is not known.
	Ref  string `json:"ref,omitempty"`
	Note string `json:"note,omitempty"`
}

// ImageState is what would become of an image.
type ImageState string

// The states of an image.
const (
	There   ImageState = "there"   // nothing to do
	Build   ImageState = "build"   // docker does not have it
	Load    ImageState = "load"    // docker has it, the cluster does not
	Unknown ImageState = "unknown" // its content is known after its prebuild, or docker does not answer
	Failed  ImageState = "failed"  // its content cannot be read
)

// Reference is an image's reference by its content as it is on disk, or empty
// where a prebuild command, its own or that of an image it is built on, may still
// change that.
func (s Sources) Reference(ctx context.Context, name string) (string, error) {
	return s.reference(ctx, request.NewStack(s.Project), name)
}

func (s Sources) reference(ctx context.Context, stack request.Stack, name string) (string, error) {
	if err := stack.Circle(name); err != nil || len(s.Project.Images[name].Prebuild) > 0 {
		return "", err
	}
	refs := map[string]string{}
	for _, base := range stack.Bases(name) {
		ref, err := s.reference(ctx, stack, base)
		if ref == "" || err != nil {
			return "", err
		}
		refs[base] = ref
	}
	spec, _ := stack.With(s.Project, name, refs)
	in, err := spec.Inputs(ctx, s.Hasher)
	if err != nil {
		return "", err
	}
	if s.Ref == nil {
		return spec.Ref(in), nil
	}
	return s.Ref(ctx, spec, in)
}

func (s Sources) image(ctx context.Context, name string) Image {
	im := s.Project.Images[name]
	out := Image{Name: name}
	ref, err := s.Reference(ctx, name)
	out.Ref = ref
	switch {
	case err != nil:
		out.State, out.Note = Failed, err.Error()
		return out
	case ref == "" && len(im.Prebuild) == 0:
		out.State, out.Note = Unknown, "known after the prebuild of an image it is built on"
		return out
	case ref == "":
		out.State, out.Note = Unknown, "known after prebuild: "+strings.Join(im.Prebuild, " ")
		return out
	case s.Built == nil:
		out.State, out.Note = Unknown, "docker does not answer"
		return out
	}
	built, err := s.Built(ctx, ref)
	if err != nil {
		out.State, out.Note = Unknown, fmt.Sprintf("ask docker for it: %v", err)
		return out
	}
	if !built {
		out.State = Build
		return out
	}
	out.State = There
	if s.Target == nil {
		return out
	}
	loaded, err := s.Target.Has(ctx, ref)
	switch {
	case err != nil:
		out.Note = fmt.Sprintf("whether %s has it is unknown: %v", s.Target, err)
	case !loaded:
		out.State, out.Note = Load, s.Target.String()
	}
	return out
}
