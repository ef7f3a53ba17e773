//go:build !linux

package main

import "time"

// cpuTime is not known here.
func cpuTime(int) (took time.Duration, known bool, err error) { return 0, false, nil }
