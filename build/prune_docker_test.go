//go:build sandbox

package build

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
)

// Images of a project are built one after the other; one of the old ones has a
// container, one a pod, one belongs to another project of the same name.
func TestRealPruneLeavesWhatIsUsedAndWhatIsOthers(t *testing.T) {
	cli, kube := realDocker(t), cluster(t)
	target := sandboxTarget(t, cli, kube)
	project := fmt.Sprintf("prune-%x", time.Now().UnixNano())
	root := folder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY text /text\n"})
	s := Spec{Name: "devloop-test/prune", Context: root}
	made := func(project, text string) string {
		put(t, root+"/text", project+text)
		img, err := NewDocker(cli).With(Naming{Project: project}).Build(t.Context(), s, inputs(t, s), nil)
		if err != nil {
			t.Fatal(err)
		}
		remove(t, cli, img.Ref)
		unload(t, target, img.Ref)
		return img.Ref
	}
	var refs []string
	byHand := "devloop-test/prune:by-hand"
	for i := range 7 {
		refs = append(refs, made(project, fmt.Sprint(i)))
		if i == 3 {
			if err := cli.ImageTag(t.Context(), refs[3], byHand); err != nil {
				t.Fatal(err)
			}
			remove(t, cli, byHand)
		}
	}
	foreign := made(project+"-other", "x")
	for _, ref := range refs[:3] {
		if err := target.Load(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
	}
	held, err := cli.ContainerCreate(t.Context(), &container.Config{Image: refs[0], Cmd: []string{"/none"}}, nil, nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	defer cli.ContainerRemove(t.Context(), held.ID, container.RemoveOptions{Force: true})
	o := PruneOptions{Project: project, Names: []string{s.Name}, Keep: Budget{Images: 2, Bytes: 1 << 40}, Used: []string{"docker.io/" + refs[1]}, Target: target}
	done, err := Prune(t.Context(), cli, o)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Sorted(slices.Values([]string{refs[2], refs[3], refs[4]}))
	if !slices.Equal(done.Refs, want) {
		t.Errorf("removed %v, want %v", done.Refs, want)
	}
	for _, ref := range []string{refs[0], refs[1], refs[5], refs[6], foreign, byHand} {
		if !hasImage(t, cli, ref) {
			t.Errorf("%s is gone", ref)
		}
	}
	for i, want := range []bool{true, true, false} {
		if has, err := target.Has(t.Context(), refs[i]); has != want || err != nil {
			t.Errorf("the cluster has %s: %v (%v), want %v", refs[i], has, err, want)
		}
	}
	if done, err = Prune(t.Context(), cli, o); err != nil || len(done.Refs) > 0 {
		t.Errorf("the second time removed %v (%v)", done.Refs, err)
	}
}
