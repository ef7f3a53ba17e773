package event

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// Version is the version of the JSON form. It grows when a field changes its
// meaning or goes; new fields and new types do not change it.
const Version = 1

type line struct {
	Version int       `json:"v"`
	Time    time.Time `json:"time"`
	Type    string    `json:"type"`
	Event   Event     `json:"event"`
}

// JSONL returns a sink that writes each event as one line of JSON to w. The
// first failed write is given to failed, and nothing is written after it.
func JSONL(w io.Writer, now func() time.Time, failed func(error)) Sink {
	var mu sync.Mutex
	broken := false
	return func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		if broken {
			return
		}
		data, err := json.Marshal(line{Version, now(), e.Kind(), e})
		if err == nil {
			_, err = w.Write(append(data, '\n'))
		}
		if err != nil {
			broken = true
			failed(fmt.Errorf("write events: %w", err))
		}
	}
}
