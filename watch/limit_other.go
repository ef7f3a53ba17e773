//go:build !linux

package watch

import (
	"errors"
	"syscall"
)

// isLimit: kqueue holds each watched file open.
func isLimit(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

func watchLimit(path string, err error) *LimitError {
	return &LimitError{Path: path, Limit: "of open files", Command: "ulimit -n 65536", Err: err}
}

func instanceLimit(err error) *LimitError { return watchLimit("", err) }
