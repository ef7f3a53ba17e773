package cli

import "os"

// foreground: Windows knows no jobs in the background.
func foreground(*os.File) bool { return true }
