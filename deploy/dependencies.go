package deploy

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/devloop-dev/devloop/internal/digest"
)

// dependencies keep the charts/ folder of each chart as its Chart.yaml and
// Chart.lock want it, as `helm dependency build` does, but only where they
// disagree, and only for the dependencies about which they do. It is safe for
// concurrent use.
type dependencies struct {
	hasher  *digest.Hasher
	notice  func(string)
	writing chan struct{} // holds one token while one writes

	mu   sync.Mutex
	fine map[string]string // chart folder -> its state in which nothing was to do
}

func newDependencies(notice func(string)) *dependencies {
	return &dependencies{hasher: digest.New(), notice: notice, writing: make(chan struct{}, 1), fine: map[string]string{}}
}

// ensure brings a release's chart its dependencies, and names the files that it
// wrote or removed. A chart whose charts/ folder is as it should be costs a stat
// of each file there and below its file:// dependencies. Those are brought
// theirs first. The error is a *RenderError.
func (d *dependencies) ensure(ctx context.Context, rel Release) (written []string, err error) {
	if info, err := os.Stat(rel.Chart); err != nil || !info.IsDir() {
		return nil, nil // who loads it says what is wrong; an archive holds its dependencies
	}
	e := &ensuring{dependencies: d, release: rel.Name}
	err = e.chart(ctx, filepath.Clean(rel.Chart), nil)
	return e.written, err
}

// Dependencies brings a release's chart what its Chart.yaml declares and its
// charts folder lacks, as Apply does first, and names the files that it wrote or
// removed. Fetching ends with ctx. The error is a *RenderError where the chart's
// files, or the repositories they name, are at fault.
func (c *Cluster) Dependencies(ctx context.Context, rel Release) (written []string, err error) {
	return c.deps.ensure(ctx, rel)
}

// DeclaresDependencies says whether a chart folder's files name dependencies.
func DeclaresDependencies(chart string) bool {
	declared, err := declarationOf(filepath.Clean(chart))
	return err == nil && declared != nil
}

// ensuring is one call of ensure.
type ensuring struct {
	*dependencies
	release string
	written []string
}

func (e *ensuring) chart(ctx context.Context, dir string, above []string) error {
	declared, err := declarationOf(dir)
	if declared == nil || err != nil {
		return nil // nothing declared, or who loads the chart says better what is wrong
	}
	for i, dep := range declared.wanted {
		folder := localFolder(dir, dep.Repository)
		if folder == "" {
			continue
		}
		if folder == dir || slices.Contains(above, folder) {
			return declared.fault(e.release, i, fmt.Sprintf("dependency %s leads back to the chart itself", dep.Name), "", nil)
		}
		if err := e.chart(ctx, folder, append(above, dir)); err != nil {
			return err
		}
	}
	state := e.state(ctx, declared)
	e.mu.Lock()
	fine := state != "" && e.fine[dir] == state
	e.mu.Unlock()
	if fine {
		return nil
	}
	todo, err := declared.todo(e.release)
	if err != nil {
		return err
	}
	if !todo.empty() {
		return e.write(ctx, declared)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fine[dir] = state
	return nil
}

// write does what is to do, while nobody else of this process writes; somebody
// may have done it meanwhile.
func (e *ensuring) write(ctx context.Context, declared *declaration) error {
	select {
	case e.writing <- struct{}{}:
		defer func() { <-e.writing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	todo, err := declared.todo(e.release)
	if err != nil || todo.empty() {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the connections
	written, said, err := declared.carryOut(ctx, e.release, todo)
	e.written = append(e.written, written...)
	if len(said) > 0 {
		e.notice(fmt.Sprintf("release %s: chart dependencies: %s", e.release, strings.Join(said, ", ")))
	}
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("release %s: build chart dependencies: %w", e.release, ctx.Err())
	}
	return err
}

// state is a digest of everything that decides about a chart's dependencies, or
// "" where it cannot be read.
func (e *ensuring) state(ctx context.Context, d *declaration) string {
	parts := []string{d.text}
	folders := []string{filepath.Join(d.dir, "charts")}
	for _, dep := range d.wanted {
		if folder := localFolder(d.dir, dep.Repository); folder != "" {
			folders = append(folders, folder)
		}
	}
	for _, folder := range folders {
		tree, err := e.hasher.Linked(ctx, folder, nil)
		if err != nil {
			return ""
		}
		parts = append(parts, tree.Sum())
	}
	return digest.Of(parts...)
}

// LocalDependencies are the folders that the file:// dependencies of a chart
// folder name, and of those in turn, each once. They are inputs of the chart:
// an edit there is packed into charts/ by the next Apply. It is empty for an
// archive and for a chart that cannot be read.
func LocalDependencies(chart string) []string {
	var found []string
	var visit func(dir string)
	visit = func(dir string) {
		declared, err := declarationOf(dir)
		if declared == nil || err != nil {
			return
		}
		for _, dep := range declared.wanted {
			folder := localFolder(dir, dep.Repository)
			if folder != "" && folder != filepath.Clean(chart) && !slices.Contains(found, folder) {
				found = append(found, folder)
				visit(folder)
			}
		}
	}
	visit(filepath.Clean(chart))
	slices.Sort(found)
	return found
}

// DependencyFile says whether a file, by its path below a chart's folder, is one
// that Apply may write there: an archive in charts/ or the lock.
func DependencyFile(rel string) bool {
	rel = filepath.ToSlash(rel)
	archive, below := strings.CutPrefix(rel, "charts/")
	return rel == "charts" || rel == "Chart.lock" || rel == "requirements.lock" ||
		below && !strings.Contains(archive, "/") && (strings.HasSuffix(archive, ".tgz") || strings.HasPrefix(archive, unfinishedFile))
}
