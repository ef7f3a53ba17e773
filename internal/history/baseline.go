package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Baseline is how long changes took without devloop, as an experiment found it.
type Baseline struct {
	Experiment string             `json:"experiment"`
	Arm        string             `json:"arm"`
	Recorded   time.Time          `json:"recorded"`
	Seconds    map[string]float64 `json:"seconds"` // median by kind of change
}

func baselinePath(project string) (string, error) { return beside(project, ".baseline.json") }

// Save keeps the baseline of a project, in place of an older one.
func (b Baseline) Save(project string) error {
	path, err := baselinePath(project)
	if err != nil {
		return err
	}
	data, err := json.Marshal(b)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err == nil {
		err = os.WriteFile(path, append(data, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("keep the baseline: %w", err)
	}
	return nil
}

// LoadBaseline is that of a project; nil when none was recorded.
func LoadBaseline(project string) (*Baseline, error) {
	path, err := baselinePath(project)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	b := &Baseline{}
	if err == nil {
		err = json.Unmarshal(data, b)
	}
	if err != nil {
		return nil, fmt.Errorf("read the baseline: %w; record it again by devloop experiment run, or remove %s", err, path)
	}
	return b, nil
}

// Forget removes all that is kept of a project.
func Forget(project string) error {
	for _, of := range []func(string) (string, error){Path, baselinePath} {
		path, err := of(project)
		if err != nil {
			return err
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("forget the history: %w", err)
		}
	}
	return nil
}
