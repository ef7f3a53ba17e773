package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/devloop-dev/devloop/internal/event"
)

// report prints what devloop did about each edit, from its own events, and how
// long it took from the save until devloop wait said that it is live.
func report(events string, took []time.Duration) error {
	done, err := iterations(events)
	if err != nil {
		return err
	}
	if len(done) <= len(took) {
		return fmt.Errorf("devloop ran %d iterations for the start and %d edits", len(done), len(took))
	}
	fmt.Println()
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SAVED\tDEVLOOP DID\tWRITTEN\tREADY")
	fmt.Fprintf(w, "(start)\t%s\t%s\t%s\n", done[0].Summary, short(done[0].Written), short(done[0].Took))
	for i, d := range done[len(done)-len(took):] {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", d.Cause, d.Summary, short(d.Written), short(took[i]))
	}
	return w.Flush()
}

func iterations(path string) ([]event.Done, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []event.Done
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		var l struct {
			Type  string
			Event json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("read the events: %w", err)
		}
		if l.Type != (event.Done{}).Kind() {
			continue
		}
		var d event.Done
		if err := json.Unmarshal(l.Event, &d); err != nil {
			return nil, fmt.Errorf("read the events: %w", err)
		}
		all = append(all, d)
	}
	return all, lines.Err()
}

func short(d time.Duration) string { return fmt.Sprintf("%.2fs", d.Seconds()) }
