package cli

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/devloop-dev/devloop/internal/digest"
)

// manyFiles is how many files a folder of inputs may have before it looks as if
// most are there by mistake.
const manyFiles = 50_000

// openHasher returns a hasher that knows what earlier commands of the project read
// and tells of a reading that takes long. Where no place is found to keep that, it
// keeps nothing.
func openHasher(project string, say func(text string)) *digest.Hasher {
	cache, err := digest.CachePath(project)
	if err != nil {
		cache = ""
	}
	return digest.Open(digest.Options{Cache: cache, Large: func(l digest.Large) { say(largeText(l)) }})
}

func largeText(l digest.Large) string {
	text := fmt.Sprintf("reading %s: %d files so far", l.Root, l.Files)
	if l.Files < manyFiles {
		return text
	}
	most := ""
	if l.Biggest != "" {
		most = fmt.Sprintf(", %d of them in %s", l.Held, l.Biggest)
	}
	return fmt.Sprintf("%s%s; what a build does not need is left out by a line in %s", text, most, filepath.Join(l.Root, ".dockerignore"))
}

// keep has what a hasher knows written down while ctx lasts, and at its end. A
// cache that cannot be written makes the next start slower and is no reason to end.
func keep(ctx context.Context, h *digest.Hasher) error {
	_ = h.Keep(ctx)
	return nil
}

// keepOnce is keep for a command that reads once.
func keepOnce(h *digest.Hasher) { _ = h.Save() }

// toStderr says something beside the output of a command.
func toStderr(cmd *cobra.Command) func(text string) {
	return func(text string) { fmt.Fprintln(cmd.ErrOrStderr(), "devloop: "+text) }
}
