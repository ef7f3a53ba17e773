package loop

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/event"
)

// The labels on Helm's records of the releases that devloop installed: the project's
// name, and a digest of its file's path, as two folders of the same name are not the
// same project. By both a later start knows what it may remove.
const (
	ProjectLabel = "devloop.dev/project"
	FileLabel    = "devloop.dev/file"
)

// labelsOf are those of a project.
func labelsOf(p *config.Project) map[string]string {
	sum := sha256.Sum256([]byte(p.File))
	return map[string]string{ProjectLabel: p.Name, FileLabel: hex.EncodeToString(sum[:8])}
}

// Remover removes what devloop made from the cluster and from docker.
type Remover interface {
	// Labelled names the releases of a namespace whose records have the labels.
	Labelled(ctx context.Context, namespace string, labels map[string]string) ([]string, error)
	Uninstall(ctx context.Context, release, namespace string) error
	RemoveImages(ctx context.Context, name string) error
}

// part takes leave of images and releases that devloop.yaml no longer names, or
// has elsewhere.
func (o *owner) part(ctx context.Context) {
	l := o.files
	for t := range o.claims {
		if _, named := t.of(l.state); !named {
			o.pass(t)
		}
	}
	for t, tk := range o.tasks {
		if _, named := t.of(l.state); !named && tk.claim != nil {
			tk.cancel()
		}
	}
	left := o.known.forget(l, func(t target) bool { return o.tasks[t] != nil })
	if o.links == nil {
		return
	}
	for name, from := range o.known.moved(l, o.links.Namespace) {
		o.opts.Emit(event.Notice{Text: fmt.Sprintf("release %s goes to another namespace; the one in %s stays until you run: helm uninstall -n %s %s", name, from, from, name)})
	}
	if len(left) == 0 {
		return
	}
	var releases []string
	for _, g := range left {
		if g.kind == release {
			releases = append(releases, g.name)
			o.guards.stop(g.name)
			o.unselect(ctx, g.name)
		}
	}
	if o.links.Logs != nil {
		o.links.Logs.Follow(o.selected.drop(releases))
	}
	o.prune(ctx, left)
}

// prune removes what is left of targets that are gone, where the user says so: by
// a flag for what devloop made, else by an answer. Nothing else is removed.
func (o *owner) prune(ctx context.Context, left []gone) {
	ask := slices.DeleteFunc(left, func(g gone) bool {
		if o.opts.Prune && g.ours && o.links.Remover != nil {
			o.remove(ctx, g)
			return true
		}
		return false
	})
	if len(ask) == 0 {
		return
	}
	if o.opts.Ask == nil || o.links.Remover == nil {
		for _, g := range ask {
			if g.kind == release {
				o.opts.Emit(event.Notice{Text: fmt.Sprintf("release %s is no longer in devloop.yaml; it stays in the cluster until you run: helm uninstall -n %s %s", g.name, g.namespace, g.name)})
			}
		}
		return
	}
	var names []string
	for _, g := range ask {
		names = append(names, g.String())
	}
	question := strings.Join(names, " and ") + " left devloop.yaml: remove from the cluster, too?"
	o.work(ctx, func() report {
		yes, err := o.opts.Ask(ctx, question)
		return answer{ask, yes && err == nil}
	})
}

func (g gone) String() string {
	if g.kind == image {
		return "image " + g.name
	}
	return fmt.Sprintf("release %s (namespace %s)", g.name, g.namespace)
}

// answer is what the user said about removing what is gone.
type answer struct {
	left []gone
	yes  bool
}

func (a answer) take(ctx context.Context, o *owner) error {
	for _, g := range a.left {
		_, back := g.of(o.files.state)
		switch {
		case back || o.tasks[g.target] != nil: // it came back meanwhile
		case a.yes:
			o.remove(ctx, g)
		case g.kind == release:
			o.opts.Emit(event.Notice{Text: fmt.Sprintf("release %s stays in the cluster until you run: helm uninstall -n %s %s", g.name, g.namespace, g.name)})
		}
	}
	return nil
}

// remove removes one target from the cluster. That is work on it like any other:
// should it come back, it is installed after that.
func (o *owner) remove(ctx context.Context, g gone) {
	tk := &task{target: g.target, cancel: func() {}}
	o.tasks[g.target] = tk
	remover := o.links.Remover
	o.work(ctx, func() report {
		if g.kind == image {
			return removed{g, remover.RemoveImages(ctx, g.name)}
		}
		return removed{g, remover.Uninstall(ctx, g.name, g.namespace)}
	})
}

type removed struct {
	gone
	err error
}

func (r removed) take(ctx context.Context, o *owner) error {
	delete(o.tasks, r.target)
	if r.err != nil {
		o.opts.Emit(event.Failed{Iteration: o.number, Target: r.name, TargetKind: string(r.kind), Stage: "remove", Error: explain(r.err)})
	} else {
		o.opts.Emit(event.Notice{Text: r.String() + " is removed from the cluster, as it left devloop.yaml"})
	}
	o.advance(ctx, nil)
	return nil
}
