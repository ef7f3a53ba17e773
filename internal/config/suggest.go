package config

import (
	"fmt"
	"strings"

	"github.com/devloop-dev/devloop/internal/near"
)

// suggest is the closest of the names as a question, or the fallback.
func suggest(name string, names []string, fallback string) string {
	if meant := near.Name(name, names); meant != "" {
		return fmt.Sprintf("did you mean %q?", meant)
	}
	return fallback
}

// knownKeys are all keys a devloop.yaml can have.
func knownKeys() []string {
	var keys []string
	for name := range describe() {
		_, key, _ := strings.Cut(name, ".")
		keys = append(keys, key)
	}
	return keys
}
