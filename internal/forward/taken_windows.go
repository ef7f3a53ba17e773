package forward

import (
	"errors"

	"golang.org/x/sys/windows"
)

// taken: somebody else has the port, or Windows keeps it, as Hyper-V does with
// whole ranges.
func taken(err error) bool {
	return errors.Is(err, windows.WSAEADDRINUSE) || errors.Is(err, windows.WSAEACCES)
}
