package cli

import (
	"sync"

	"github.com/devloop-dev/devloop/internal/config"
	"github.com/devloop-dev/devloop/internal/event"
)

// parser makes a project of a devloop.yaml's text.
type parser func(path string, data []byte) (*config.Project, error)

// warning is a parser that tells of keys under set: that change nothing, of each
// once for as long as it is there.
func warning(parse parser, emit event.Sink) parser {
	var mu sync.Mutex
	told := map[string]bool{}
	return func(path string, data []byte) (*config.Project, error) {
		p, err := parse(path, data)
		if err != nil {
			return p, err
		}
		mu.Lock()
		defer mu.Unlock()
		now := map[string]bool{}
		for _, text := range setWarnings(p) {
			if now[text] = true; !told[text] {
				emit(event.Notice{Text: text})
			}
		}
		told = now
		return p, nil
	}
}
