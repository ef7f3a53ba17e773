package cli

import (
	"fmt"
	"io"
	"slices"

	"github.com/charmbracelet/lipgloss"
	"github.com/spf13/cobra"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/doctor"
)

func newDoctor(g *global) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Check docker, the cluster, permissions and limits, and say how to mend what is wrong",
		Long: `Looks at docker and its way into the cluster, the context and its cluster, what devloop
may do there, stuck Helm releases, watches of files, disk space and clocks, for the
project here or for any. Each line is ok, warn (works, but not well) or fail, and what is
wrong comes with its fix. Nothing is changed. Exit code 1 when something fails.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return examine(cmd, g) },
	}
}

// findings are what doctor says to programs.
type findings struct {
	OK     bool             `json:"ok"` // nothing fails
	Checks []doctor.Finding `json:"checks"`
}

func examine(cmd *cobra.Command, g *global) error {
	project, first := g.projectFinding(cmd)
	found := append(first, doctor.Run(cmd.Context(), doctor.Options{Project: project, Kubeconfig: g.kubeconfig, Context: g.context, Allow: g.allow})...)
	out := cmd.OutOrStdout()
	failed := slices.ContainsFunc(found, func(f doctor.Finding) bool { return f.Level == doctor.Fail })
	var err error
	if g.output == "json" {
		err = writeJSON(out, findings{OK: !failed, Checks: found})
	} else {
		err = drawFindings(out, g.renderer(out), found)
	}
	if err == nil && failed {
		return errShown
	}
	return err
}

// projectFinding reads the project for the other checks. None at all is no failure:
// doctor also runs before there is one.
func (g *global) projectFinding(cmd *cobra.Command) (*config.Project, []doctor.Finding) {
	finding := func(level doctor.Level, text, fix string) []doctor.Finding {
		return []doctor.Finding{{Check: "project", Level: level, Text: text, Fix: fix}}
	}
	p, err := g.find(cmd.Context())
	if err != nil {
		return nil, finding(doctor.Warn, err.Error(), "the other checks are those that every project needs")
	}
	data, err := p.read(p.file)
	if err != nil {
		return nil, finding(doctor.Fail, err.Error(), "make the file readable")
	}
	project, err := g.parse(p.file, data)
	if err != nil {
		return nil, finding(doctor.Fail, err.Error(), "correct the file")
	}
	if p.note != "" {
		return project, finding(doctor.OK, p.note, "")
	}
	return project, finding(doctor.OK, fmt.Sprintf("%s; releases: %d, images: %d", p.file, len(project.Releases), len(project.Images)), "")
}

func drawFindings(out io.Writer, r *lipgloss.Renderer, found []doctor.Finding) error {
	colours := map[doctor.Level]lipgloss.Style{
		doctor.OK:   r.NewStyle().Foreground(lipgloss.Color("2")),
		doctor.Warn: r.NewStyle().Foreground(lipgloss.Color("3")),
		doctor.Fail: r.NewStyle().Foreground(lipgloss.Color("1")).Bold(true),
	}
	for _, f := range found {
		text := fmt.Sprintf("%s  %-11s  %s\n", colours[f.Level].Render(fmt.Sprintf("%-4s", f.Level)), f.Check, f.Text)
		if f.Fix != "" {
			text += fmt.Sprintf("%20s-> %s\n", "", f.Fix)
		}
		if _, err := io.WriteString(out, text); err != nil {
			return err
		}
	}
	return nil
}
