package preview

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/diff"
	"github.com/devloop-dev/devloop/internal/request"
)

// Release is one release of the project.
type Release struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	// Action is install, upgrade or none.
	Action string `json:"action,omitempty"`
	// Revision is the one that is there now; 0 where there is none.
	Revision int      `json:"revision,omitempty"`
	Reasons  []Reason `json:"reasons,omitempty"`
	Objects  []Object `json:"objects,omitempty"`
	// Same is how many objects stay as they are.
	Same  int      `json:"same"`
	Hooks []Hook   `json:"hooks,omitempty"`
	Notes []string `json:"notes,omitempty"`
	// Error is why this release has no plan.
	Error string `json:"error,omitempty"`
}

// Reason is why a release is not left alone.
type Reason struct {
	Text string `json:"text"`
	File string `json:"file,omitempty"` // from the project's folder
	Line int    `json:"line,omitempty"`
}

// Object is one object that is not left alone.
type Object struct {
	Change     deploy.Change `json:"change"`
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Namespace  string        `json:"namespace,omitempty"`
	Name       string        `json:"name"`
	Template   string        `json:"template,omitempty"` // from the project's folder
	Edited     bool          `json:"edited,omitempty"`   // the template itself changed
	Drift      []Drift       `json:"drift,omitempty"`    // fields that somebody else changed
	Problem    string        `json:"problem,omitempty"`  // why the cluster would refuse
	Diff       []string      `json:"diff,omitempty"`     // lines that begin with "+ ", "- " or two spaces

	lines []diff.Line
}

// Drift is one field that is not as the files say although they did not change
// it.
type Drift struct {
	Path string `json:"path"`         // such as spec.containers[app].image
	By   string `json:"by,omitempty"` // the program that wrote it, where that is known
}

// Hook is one run of a hook.
type Hook struct {
	Event    string `json:"event"`
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Template string `json:"template"`
}

// afterPrebuild stands for a tag that is not known and was never deployed.
const afterPrebuild = "known-after-prebuild"

// FillUnknown puts the deployed reference where an image's own is not known, and
// a stand-in where there is none. It names the images it did so for.
func FillUnknown(ctx context.Context, c Cluster, rel *deploy.Release, images map[string]string) (deployed, missing []string, err error) {
	var now map[string]string
	for path, ref := range rel.Images {
		if ref != "" {
			continue
		}
		if now == nil {
			if now, err = c.DeployedImages(ctx, *rel); err != nil {
				return nil, nil, err
			}
			if now == nil {
				now = map[string]string{}
			}
		}
		name := images[path]
		// Only a reference of the same image is its older self.
		if now[path] != "" && strings.HasPrefix(now[path], name+":") {
			rel.Images[path] = now[path]
			deployed = append(deployed, name)
			continue
		}
		rel.Images[path] = name + ":" + afterPrebuild
		missing = append(missing, name)
	}
	slices.Sort(deployed)
	slices.Sort(missing)
	return slices.Compact(deployed), slices.Compact(missing), nil
}

func (s Sources) release(ctx context.Context, name string, images []Image) Release {
	r := s.Project.Releases[name]
	refs := map[string]string{}
	for _, im := range images {
		refs[im.Name] = im.Ref
	}
	rel := request.Release(name, r, s.Namespace, refs)
	out := Release{Name: name, Namespace: rel.Namespace}
	deployed, missing, err := FillUnknown(ctx, s.Cluster, &rel, r.Images)
	if err != nil {
		out.Error = err.Error()
		return out
	}
	if len(deployed) > 0 {
		out.Notes = append(out.Notes, "compared with the deployed reference of "+strings.Join(deployed, ", ")+": the new one is not known yet")
	}
	if len(missing) > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%s stands for the tag of %s", afterPrebuild, strings.Join(missing, ", ")))
	}
	d, err := s.Cluster.Diff(ctx, rel)
	if err != nil {
		out.Error = err.Error()
		return out
	}
	s.fill(&out, rel, d)
	return out
}

func (s Sources) fill(out *Release, rel deploy.Release, d *deploy.Diff) {
	out.Action = map[deploy.Action]string{deploy.Installed: "install", deploy.Upgraded: "upgrade", deploy.Unchanged: "none"}[d.Action]
	out.Revision, out.Same = d.Revision, d.Same
	out.Notes = append(out.Notes, d.Notes...)
	template := func(o deploy.Object) string {
		if o.Template == "" {
			return ""
		}
		return s.rel(filepath.Join(rel.Chart, filepath.FromSlash(o.Template)))
	}
	for _, r := range d.Reasons {
		out.Reasons = append(out.Reasons, Reason{Text: r.Text, File: s.rel(r.File), Line: r.Line})
	}
	for _, o := range d.Objects {
		drawn := Object{Change: o.Change, APIVersion: o.APIVersion, Kind: o.Kind, Namespace: o.Namespace, Name: o.Name,
			Template: template(o.Object), Edited: o.Edited, Problem: o.Problem, lines: diff.Lines(o.Before, o.After)}
		if o.Change == deploy.Keep {
			drawn.lines = nil
		}
		for _, f := range o.Drift {
			drawn.Drift = append(drawn.Drift, Drift(f))
		}
		for _, l := range drawn.lines {
			drawn.Diff = append(drawn.Diff, l.String())
		}
		out.Objects = append(out.Objects, drawn)
	}
	for _, h := range d.Hooks {
		out.Hooks = append(out.Hooks, Hook{Event: strings.Join(h.Events, ","), Kind: h.Kind, Name: h.Name, Template: template(h.Object)})
	}
}

// changes: something would be written, or has drifted.
func (r Release) changes() bool {
	if r.Action == "install" || r.Action == "upgrade" {
		return true
	}
	return slices.ContainsFunc(r.Objects, Object.counts)
}

func (r Release) failed() bool {
	return r.Error != "" || slices.ContainsFunc(r.Objects, func(o Object) bool { return o.Problem != "" })
}

// counts: something is to be done about it.
func (o Object) counts() bool { return o.Change != deploy.Keep }
