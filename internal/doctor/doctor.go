package doctor

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/devloop-dev/devloop/internal/config"
)

// Level is how bad a finding is.
type Level string

// The levels. Warn: devloop works, but not as well as it could. Fail: it does not.
const (
	OK   Level = "ok"
	Warn Level = "warn"
	Fail Level = "fail"
)

// Finding is one line of the report.
type Finding struct {
	Check string `json:"check"`
	Level Level  `json:"level"`
	Text  string `json:"text"`          // what is so
	Fix   string `json:"fix,omitempty"` // what to do about it
}

// Options say what is looked at.
type Options struct {
	// Project is the one to check for; nil looks at what every project needs.
	Project *config.Project
	// Kubeconfig, Context and Allow are as on the command line; empty for the usual.
	Kubeconfig, Context string
	Allow               []string
	// Within is how long all of it may take; default 20 s.
	Within time.Duration
	// Now is the time, for the comparison with the cluster's; default time.Now.
	Now func() time.Time
}

// Run makes all checks and returns their findings, those of one check together, in
// a fixed order. What depends on something that does not answer is left out.
func Run(ctx context.Context, o Options) []Finding {
	if o.Within == 0 {
		o.Within = 20 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	ctx, cancel := context.WithTimeout(ctx, o.Within)
	defer cancel()
	e := examination{Options: o}
	return inOrder(
		func() []Finding {
			return inOrder(
				func() []Finding { return e.docker(ctx) },
				func() []Finding { return e.cluster(ctx) },
			)
		},
		func() []Finding { return e.inotify() },
	).then(
		func() []Finding { return e.images(ctx) },
		func() []Finding { return e.permissions(ctx) },
		func() []Finding { return e.namespaces(ctx) },
		func() []Finding { return e.releases(ctx) },
		func() []Finding { return e.clock(ctx) },
		func() []Finding { return e.disk(ctx) },
	)
}

type findings []Finding

// inOrder makes checks at the same time.
func inOrder(checks ...func() []Finding) findings {
	parts := make([][]Finding, len(checks))
	var g errgroup.Group
	for i, check := range checks {
		g.Go(func() error {
			parts[i] = check()
			return nil
		})
	}
	_ = g.Wait() // checks tell what is wrong as findings
	var out findings
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// then makes checks that need the results of these.
func (f findings) then(checks ...func() []Finding) []Finding { return append(f, inOrder(checks...)...) }

func ok(check, text string) []Finding { return []Finding{{Check: check, Level: OK, Text: text}} }

func warn(check, text, fix string) []Finding {
	return []Finding{{Check: check, Level: Warn, Text: text, Fix: fix}}
}

func fail(check, text, fix string) []Finding {
	return []Finding{{Check: check, Level: Fail, Text: text, Fix: fix}}
}
