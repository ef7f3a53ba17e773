//go:build !linux

package machine

// These are read from /proc, which only Linux has; elsewhere their figures are
// left out of the report.

// Memory is not known here.
func Memory() int64 { return 0 }

// Resident is not known here.
func Resident(int) (float64, bool, error) { return 0, false, nil }

// Peak is not known here.
func Peak(int) (float64, bool, error) { return 0, false, nil }

// Load is not known here.
func Load() float64 { return 0 }

// Processor is not known here.
func Processor() string { return "" }
