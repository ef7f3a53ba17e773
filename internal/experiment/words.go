package experiment

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Seconds prints the digits that matter at this size.
func Seconds(v float64) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case math.IsInf(v, 1):
		return "endless"
	case v < 0.1:
		return strconv.FormatFloat(v, 'f', 3, 64) + " s"
	case v < 10:
		return strconv.FormatFloat(v, 'f', 2, 64) + " s"
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " s"
}

// String is the bound in seconds.
func (b Bound) String() string {
	if b.AtLeast {
		return "> " + Seconds(b.Value)
	}
	return Seconds(b.Value)
}

// percent rounds towards less: 89.97 is not 90.
func percent(v float64) string {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return "-"
	}
	return strconv.FormatFloat(math.Floor(v*10)/10, 'f', 1, 64)
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// less is how much less time the arm takes, in words; none where it takes more.
func (r Ratio) less() string {
	value, low, high := r.Less()
	if !(value > 0) { // not a number, without rounds
		return "-"
	}
	return fmt.Sprintf("%s %% (%s to %s %%)", percent(value), percent(low), percent(high))
}

// share is a ratio with three digits.
func share(v float64) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case math.IsInf(v, 1):
		return "endless"
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

func list(words []string) string { return strings.Join(words, " + ") }
