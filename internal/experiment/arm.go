package experiment

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// stand is an arm with its copy of the project, its namespace and what runs in it.
type stand struct {
	Arm
	space  *workspace
	values values
	env    []string
	events string
	log    *os.File
	stays  *process // nil for an arm whose command is started at each save
	stages *regexp.Regexp
}

// newStand copies the project below work.
func newStand(a Arm, project, work, logs, namespace string, env []string) (*stand, error) {
	dir, staging := filepath.Join(work, a.Name, filepath.Base(project)), filepath.Join(work, a.Name, "staging")
	if err := errors.Join(os.MkdirAll(staging, 0o755), copyFolder(project, dir)); err != nil {
		return nil, fmt.Errorf("arm %s: copy the project: %w", a.Name, err)
	}
	s := &stand{Arm: a, events: filepath.Join(work, a.Name, "events.jsonl"),
		space: &workspace{dir: dir, staging: staging, before: map[string][]byte{}, modes: map[string]os.FileMode{}}}
	s.values = values{"namespace": namespace, "events": s.events, "unique": "none"}
	s.env = append(s.env, env...)
	for name, value := range s.values.each(a.Env) {
		s.env = append(s.env, name+"="+value)
	}
	if a.Stages != "" && a.Stages != stagesOfEvents {
		s.stages = regexp.MustCompile(a.Stages)
	}
	files, err := s.space.prepare(a.Edits, s.values)
	if err == nil {
		err = s.space.save(files, true)
	}
	if err == nil {
		s.log, err = os.Create(filepath.Join(logs, a.Name+".log"))
	}
	if err != nil {
		return nil, fmt.Errorf("arm %s: %w", a.Name, err)
	}
	return s, nil
}

// copyFolder copies files and links as they are, without version control.
func copyFolder(from, to string) error {
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir() && d.Name() == ".git":
			return filepath.SkipDir
		case d.IsDir():
			return os.MkdirAll(target, 0o755)
		case d.Type()&os.ModeSymlink != 0:
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		case !d.Type().IsRegular():
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, info.Mode().Perm())
	})
}

// begin brings the project into the cluster for the first time.
func (s *stand) begin(ctx context.Context) error {
	for _, words := range s.Prepare {
		if err := s.command(ctx, words); err != nil {
			return err
		}
	}
	if len(s.Stays) == 0 {
		return s.command(ctx, s.Run)
	}
	var err error
	if s.stays, err = launch(s.space.dir, s.env, s.values.list(s.Stays), newPrinted(s.log)); err != nil {
		return err
	}
	return s.settle(ctx)
}

// command runs one of the arm's commands to its end.
func (s *stand) command(ctx context.Context, words []string) error {
	if len(words) == 0 {
		return nil
	}
	if err := run(ctx, s.space.dir, s.env, s.values.list(words), s.log); err != nil {
		return fmt.Errorf("arm %s: %w", s.Name, err)
	}
	return nil
}

// settle waits until the arm is idle.
func (s *stand) settle(ctx context.Context) error {
	for len(s.Settled) > 0 {
		if err := s.alive(); err != nil {
			return err
		}
		err := s.command(ctx, s.Settled)
		if err == nil || ctx.Err() != nil {
			return err
		}
		// It may not answer yet, or be at work on what was undone meanwhile.
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%w; last: %w", ctx.Err(), err)
		}
	}
	return nil
}

// idle waits until the arm is idle, be it with a failure, as after a broken edit.
func (s *stand) idle(ctx context.Context) error {
	if err := s.alive(); err != nil {
		return err
	}
	_ = s.command(ctx, s.Settled) // what it says of the edit is not what is asked
	return ctx.Err()
}

func (s *stand) alive() error {
	if s.stays == nil {
		return nil
	}
	select {
	case <-s.stays.ended:
		return fmt.Errorf("arm %s: %s ended: %v: %s", s.Name, s.Stays[0], s.stays.err, s.stays.out.tail())
	default:
		return nil
	}
}

// reset puts the files back and has the cluster follow.
func (s *stand) reset(ctx context.Context) error {
	changed, err := s.space.undo()
	if err != nil {
		return fmt.Errorf("arm %s: %w", s.Name, err)
	}
	if len(s.Stays) > 0 {
		return s.settle(ctx)
	}
	if !changed {
		return nil
	}
	words := s.Reset
	if len(words) == 0 {
		words = s.Run
	}
	return s.command(ctx, words)
}

// end ends what runs.
func (s *stand) end() {
	if s.stays != nil {
		s.stays.stop()
	}
	_ = s.log.Close() // it is for people who look for a cause
}
