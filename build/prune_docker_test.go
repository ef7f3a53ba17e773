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

// Of the images that have lost their names, one has a container, one belongs to
// another project.
func TestRealPruneRemovesWhatHasNoName(t *testing.T) {
	cli := realDocker(t)
	project := fmt.Sprintf("dangling-%x", time.Now().UnixNano())
	root := folder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY text /text\n"})
	s := Spec{Name: "devloop-test/dangling", Context: root}
	var names, ids []string
	for i, project := range []string{project, project, project + "-other", project} {
		put(t, root+"/text", fmt.Sprint(project, i))
		img, err := NewDocker(cli).With(Naming{Project: project}).Build(t.Context(), s, inputs(t, s), nil)
		if err != nil {
			t.Fatal(err)
		}
		remove(t, cli, img.Ref)
		names, ids = append(names, img.Ref), append(ids, img.ID)
	}
	held, err := cli.ContainerCreate(t.Context(), &container.Config{Image: names[1], Cmd: []string{"/none"}}, nil, nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	defer cli.ContainerRemove(t.Context(), held.ID, container.RemoveOptions{Force: true})
	for i, id := range ids[:3] {
		if err := cli.ImageTag(t.Context(), ids[3], names[i]); err != nil { // takes the name away
			t.Fatal(err)
		}
		if !hasImage(t, cli, id) {
			t.Fatalf("%s went with its name", id)
		}
	}
	remove(t, cli, ids[2])
	o := PruneOptions{Project: project, Names: []string{s.Name}, Keep: Budget{Images: 9, Bytes: 1 << 40}}
	done, err := Prune(t.Context(), cli, o)
	if err != nil {
		t.Fatal(err)
	}
	if done.Dangling != 1 || len(done.Refs) != 0 || done.Bytes == 0 {
		t.Errorf("removed %+v, want one image without a name", done)
	}
	for i, want := range []bool{false, true, true, true} {
		if has := hasImage(t, cli, ids[i]); has != want {
			t.Errorf("docker has image %d: %v, want %v", i, has, want)
		}
	}
	if err := cli.ContainerRemove(t.Context(), held.ID, container.RemoveOptions{}); err != nil {
		t.Fatal(err)
	}
	if done, err = Prune(t.Context(), cli, o); err != nil || done.Dangling != 1 || hasImage(t, cli, ids[1]) {
		t.Errorf("once it is not used any more: removed %+v (%v)", done, err)
	}
}

// kind cannot run here: its node is the sandbox's containerd, asked by the real ctr.
// Of the images that go, the node has one.
func TestRealPruneTakesImagesOutOfTheNodesOfKind(t *testing.T) {
	cli, kube := realDocker(t), cluster(t)
	target := sandboxTarget(t, cli, kube)
	d, received := newFakeDaemon(t), 0
	d.exec = ctr(target, &received)
	kind := &nodes{kind: "kind", containers: []string{"n"}, from: cli, exec: connect(t, d)}
	project := fmt.Sprintf("kind-%x", time.Now().UnixNano())
	root := folder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY text /text\n"})
	s := Spec{Name: "devloop-test/prunekind", Context: root}
	var refs []string
	for i := range 4 {
		put(t, root+"/text", fmt.Sprint(project, i))
		img, err := NewDocker(cli).With(Naming{Project: project}).Build(t.Context(), s, inputs(t, s), nil)
		if err != nil {
			t.Fatal(err)
		}
		remove(t, cli, img.Ref)
		unload(t, target, img.Ref)
		refs = append(refs, img.Ref)
	}
	for _, ref := range []string{refs[0], refs[2], refs[3]} {
		if err := kind.Load(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
	}
	done, err := Prune(t.Context(), cli, PruneOptions{Project: project, Names: []string{s.Name}, Keep: Budget{Images: 1, Bytes: 1 << 40}, Used: []string{refs[2]}, Target: kind})
	if err != nil {
		t.Fatal(err)
	}
	if want := slices.Sorted(slices.Values(refs[:2])); !slices.Equal(done.Refs, want) {
		t.Errorf("removed %v, want %v", done.Refs, want)
	}
	for i, want := range []bool{false, false, true, true} {
		if has, err := target.Has(t.Context(), refs[i]); has != want || err != nil {
			t.Errorf("the node has image %d: %v (%v), want %v", i, has, err, want)
		}
	}
}
