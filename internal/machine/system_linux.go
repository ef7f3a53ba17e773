package machine

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Memory is the machine's memory in bytes; 0 when it cannot be read.
func Memory() int64 {
	kb, err := field("/proc/meminfo", "MemTotal:")
	if err != nil {
		return 0
	}
	return int64(kb) * 1024
}

// Resident is a process's resident memory in bytes.
func Resident(pid int) (float64, bool, error) {
	kb, err := field(fmt.Sprintf("/proc/%d/status", pid), "VmRSS:")
	return kb * 1024, true, err
}

// Peak is the most resident memory that a running process has had so far, in bytes.
func Peak(pid int) (float64, bool, error) {
	kb, err := field(fmt.Sprintf("/proc/%d/status", pid), "VmHWM:")
	return kb * 1024, true, err
}

// Load is that of the last minute; 0 when it cannot be read.
func Load() float64 {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(data), " ")
	load, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return 0
	}
	return load
}

// field reads a number from a file of lines "Name: number unit".
func field(path, name string) (float64, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == name {
			return strconv.ParseFloat(words[1], 64)
		}
	}
	return 0, fmt.Errorf("%s has no %s", path, name)
}

// Processor is the processor's name as it gives it; empty when it cannot be read.
func Processor() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		if name, value, is := strings.Cut(line, ":"); is && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
