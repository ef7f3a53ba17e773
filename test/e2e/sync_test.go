//go:build e2e || sandbox

package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestSync saves files that are under sync and asks the containers what they
// hold. Until the last steps no image is built and no revision is made.
func TestSync(t *testing.T) {
	p := synced(t)
	p.start()
	p.live()
	pods, first := p.pods("app=web"), p.image("web")
	const file = "-rw-r--r-- of 1234: "
	p.now("index.html", file+"one")

	quiet := func(t *testing.T) {
		t.Helper()
		if n := p.tags(); n != 1 {
			t.Errorf("%d images were built, want the first one alone", n)
		}
		if n := p.revision("web"); n != 1 {
			t.Errorf("revision %d, want 1", n)
		}
		if now := p.pods("app=web"); !slices.Equal(now, pods) {
			t.Errorf("pods %v, want still %v", now, pods)
		}
	}
	step := func(name string, do func(t *testing.T)) {
		t.Helper()
		if !t.Failed() {
			t.Run(name, func(t *testing.T) {
				p.t = t
				defer func() { p.t = nil }()
				do(t)
			})
		}
	}
	step("change", func(t *testing.T) {
		p.write("image/web/index.html", "two")
		p.live()
		p.now("index.html", file+"two")
		if n := p.count(); n != 1 {
			t.Errorf("%d files are said to be synced, want 1", n)
		}
		quiet(t)
	})
	step("names, folders, links and a batch", func(t *testing.T) {
		for i := range 50 {
			p.write(fmt.Sprintf("image/web/many/%d/file", i), fmt.Sprint(i))
		}
		p.write("image/web/größe 日本/ü.txt", "unicode")
		p.write("image/web/bin\xff\xfe\n name", "binary")
		if err := os.Symlink("index.html", p.path("image/web/link")); err != nil {
			t.Fatal(err)
		}
		p.live()
		p.now("many/49/file", file+"49")
		p.now("größe 日本/ü.txt", file+"unicode")
		p.now("bin\xff\xfe\n name", file+"binary")
		p.now("link", "link index.html")
		quiet(t)
	})
	step("mode, rename, a file for a folder, and what is gone", func(t *testing.T) {
		if err := os.Chmod(p.path("image/web/index.html"), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{
			os.Rename(p.path("image/web/many/0/file"), p.path("image/web/many/0/renamed")),
			os.RemoveAll(p.path("image/web/many/1")),
			os.RemoveAll(p.path("image/web/old")),
			os.WriteFile(p.path("image/web/old"), []byte("now a file"), 0o644),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		p.live()
		p.now("index.html", "-rwxr-xr-x of 1234: two")
		p.now("many/0/file", "none")
		p.now("many/0/renamed", file+"0")
		p.now("many/1", "none")
		p.now("old", file+"now a file")
		quiet(t)
	})
	step("an undo brings the original back", func(t *testing.T) {
		for _, name := range []string{"image/web/many", "image/web/größe 日本", "image/web/bin\xff\xfe\n name", "image/web/link", "image/web/old"} {
			if err := os.RemoveAll(p.path(name)); err != nil {
				t.Fatal(err)
			}
		}
		p.write("image/web/old/gone", "gone")
		if err := os.Chmod(p.path("image/web/index.html"), 0o644); err != nil {
			t.Fatal(err)
		}
		p.write("image/web/index.html", "one")
		p.live()
		p.now("index.html", file+"one")
		p.now("old/gone", file+"gone")
		p.now("many", "none")
		if n := p.count(); n != 0 {
			t.Errorf("%d files are said to be synced, want none", n)
		}
		quiet(t)
	})
	step("a signal and a hook", func(t *testing.T) {
		p.write("image/conf/app.conf", "conf two")
		p.write("image/hooked/in", "in two")
		p.live()
		for _, pod := range p.running() {
			eventually(t, "the server has read its file again", func() error {
				if got := p.ask(pod, "/conf"); got != "conf two" {
					return fmt.Errorf("it has %q", got)
				}
				return nil
			})
		}
		p.now("out", "-rw------- of 0: in two")
		quiet(t)
	})
	step("a container that starts anew gets its files", func(t *testing.T) {
		p.write("image/web/index.html", "kept")
		p.live()
		p.ask(p.running()[0], "/exit")
		eventually(t, "the container was restarted", func() error {
			pod, err := api(t).CoreV1().Pods(p.namespace).Get(t.Context(), p.running()[0], metav1.GetOptions{})
			if err == nil && (pod.Status.ContainerStatuses[0].RestartCount == 0 || !pod.Status.ContainerStatuses[0].Ready) {
				err = fmt.Errorf("not yet")
			}
			return err
		})
		p.inPods("index.html", file+"kept")
		quiet(t)
	})
	step("so do a new pod and more of them", func(t *testing.T) {
		if err := api(t).CoreV1().Pods(p.namespace).Delete(t.Context(), p.running()[0], metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		p.replace("chart/values.yaml", "replicas: 1", "replicas: 3")
		p.live()
		p.inPods("index.html", file+"kept")
		if n := len(p.running()); n != 3 {
			t.Errorf("%d pods run, want 3", n)
		}
		p.write("image/web/index.html", "for all")
		p.live()
		p.now("index.html", file+"for all")
		if n := p.tags(); n != 1 || p.image("web") != first {
			t.Errorf("%d images, %s runs; want the first one, %s", n, p.image("web"), first)
		}
	})
	step("a hook that fails becomes a rebuild", func(t *testing.T) {
		p.write("image/hooked/in", "fail")
		p.live()
		p.says("no sync: container web", "the hook does not like /srv/web/in")
		if n := p.tags(); n != 2 || p.image("web") == first {
			t.Errorf("%d images, %s runs; want a second one", n, p.image("web"))
		}
		p.inPods("index.html", file+"for all")
		if n := p.count(); n != 0 {
			t.Errorf("%d files are said to be synced onto a new image", n)
		}
	})
	step("what is not under sync is a rebuild with all files", func(t *testing.T) {
		p.write("image/web/index.html", "with a build")
		p.replace("image/Dockerfile", "ENTRYPOINT", "ENV A=1\nENTRYPOINT")
		p.live()
		p.inPods("index.html", file+"with a build")
		if n := p.tags(); n < 3 {
			t.Errorf("%d images, want a third one", n)
		}
	})
	step("a root that is read-only becomes a rebuild", func(t *testing.T) {
		p.replace("chart/values.yaml", "readOnly: false", "readOnly: true")
		p.live()
		before := p.image("web")
		p.write("image/web/index.html", "read only")
		p.live()
		p.says("read-only file system")
		p.inPods("index.html", file+"read only")
		if p.image("web") == before {
			t.Error("the image is the old one")
		}
	})
	p.t = t
}

// What devloop was killed over is no image's content: a start that finds the tag
// of the files in place replaces the pods that hold others.
func TestSyncedFilesDoNotOutliveTheirLoop(t *testing.T) {
	p := synced(t)
	p.start()
	p.live()
	p.write("image/web/index.html", "synced")
	p.live()
	if code, _ := p.stop(syscall.SIGKILL); code == 0 {
		t.Fatal("it was to be killed")
	}
	p.now("index.html", "-rw-r--r-- of 1234: synced")
	p.write("image/web/index.html", "one")
	p.start()
	p.live()
	p.inPods("index.html", "-rw-r--r-- of 1234: one")
	if n := p.tags(); n != 1 {
		t.Errorf("%d images were built, want 1", n)
	}
}

// says expects the words in what devloop up has printed.
func (p *project) says(words ...string) {
	p.t.Helper()
	for _, w := range words {
		if !strings.Contains(p.out.String(), w) {
			p.t.Errorf("devloop up does not say %q", w)
		}
	}
}
