//go:build linux

package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Identity tells one process from every other one, before and after it: its
// number alone does not, because numbers are given again.
type Identity struct {
	PID int `json:"pid"`
	// Start is the process's start time in clock ticks since boot, field 22
	// of /proc/PID/stat (proc(5)).
	Start uint64 `json:"start"`
	// Boot is the kernel's id of the boot that Start is relative to.
	Boot string `json:"boot"`
}

// errZombie says that a process has ended and only waits to be collected.
var errZombie = errors.New("the process has ended")

// Identify returns the identity of the living process pid.
func Identify(pid int) (Identity, error) {
	boot, err := BootID()
	if err != nil {
		return Identity{}, err
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Identity{}, fmt.Errorf("identifying process %d: %w", pid, err)
	}
	start, err := startTime(stat)
	if err != nil {
		return Identity{}, fmt.Errorf("identifying process %d: %w", pid, err)
	}
	return Identity{PID: pid, Start: start, Boot: boot}, nil
}

// Alive reports whether this very process runs.
func (id Identity) Alive() bool {
	if id.PID <= 0 {
		return false
	}
	now, err := Identify(id.PID)
	return err == nil && now == id
}

// BootID returns the id of the running kernel's boot.
func BootID() (string, error) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("reading the boot id: %w", err)
	}
	return strings.TrimSpace(string(id)), nil
}

// startTime reads field 22 of a line of /proc/PID/stat. The second field is
// the command's name in brackets and may hold spaces and brackets itself, so
// fields are counted from the last bracket on.
func startTime(stat []byte) (uint64, error) {
	end := bytes.LastIndexByte(stat, ')')
	if end < 0 {
		return 0, fmt.Errorf("no command name in %q", stat)
	}
	fields := strings.Fields(string(stat[end+1:]))
	const state, start = 0, 19
	if len(fields) <= start {
		return 0, fmt.Errorf("only %d fields after the command name in %q", len(fields), stat)
	}
	if fields[state] == "Z" || fields[state] == "X" {
		return 0, errZombie
	}
	ticks, err := strconv.ParseUint(fields[start], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("start time %q: %w", fields[start], err)
	}
	return ticks, nil
}
