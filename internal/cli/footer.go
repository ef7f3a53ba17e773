package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"

	"golang.org/x/term"
)

// footerOn returns the terminal that a footer is drawn on, and the one its keys
// come from; nil where events are drawn as lines alone: -o plain and json, pipes
// and files, CI, a terminal that cannot move its cursor, and a process in the
// background, which must not touch the terminal's modes.
func footerOn(g *global, stdin io.Reader, stdout io.Writer) (in, out *os.File) {
	out, _ = terminal(stdout)
	in, is := stdin.(*os.File)
	if g.output != "auto" || out == nil || !is || !term.IsTerminal(int(in.Fd())) {
		return nil, nil
	}
	name := os.Getenv("TERM")
	if inCI() || name == "dumb" || name == "" && runtime.GOOS != "windows" || !foreground(in) {
		return nil, nil
	}
	return in, out
}

// inCI: nobody looks on. The variable is set by all the usual services.
func inCI() bool {
	switch os.Getenv("CI") {
	case "", "0", "false":
		return false
	}
	return true
}

// browse opens a URL with what the system has for it.
func browse(url string) error {
	var name string
	var args []string
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler"}
	default:
		name = "xdg-open"
	}
	cmd := exec.Command(name, append(args, url)...)
	err := cmd.Run() // its output would go into the footer, so it gets none
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("there is no %s here: open it by hand", name)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", name, url, err)
	}
	return nil
}
