//go:build !windows

package forward

import (
	"errors"
	"syscall"
)

// taken: somebody else has the port, or only root may have it.
func taken(err error) bool {
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EACCES)
}
