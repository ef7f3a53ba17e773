//go:build linux

package proc

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Record is what is remembered of a daemon between runs.
type Record struct {
	Identity
	// Digest is of everything the daemon was started with; another digest
	// means that it must be started anew.
	Digest string `json:"digest"`
	// Started is when it was started.
	Started time.Time `json:"started"`
}

// Load returns the record in the file at path. A missing or broken file is
// the zero Record, which is of no living process.
func Load(path string) Record {
	data, err := os.ReadFile(path)
	if err != nil {
		return Record{}
	}
	var record Record
	if json.Unmarshal(data, &record) != nil {
		return Record{}
	}
	return record
}

// Save writes the record to the file at path in one step, mode 0600.
func (r Record) Save(path string) error {
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("saving %s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("saving %s: %w", path, err)
	}
	temporary := path + ".new"
	if err := os.WriteFile(temporary, data, 0o600); err != nil {
		return fmt.Errorf("saving %s: %w", path, err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("saving %s: %w", path, err)
	}
	return nil
}
