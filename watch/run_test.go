package watch

import (
	"path/filepath"
	"testing"
	"time"
)

func TestACheckThatIsHeldUpDoesNotPutOffTheNextForLong(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{
		100 * time.Microsecond: 2 * time.Second,
		5 * time.Millisecond:   10 * time.Second,
		50 * time.Millisecond:  30 * time.Second,
		time.Minute:            30 * time.Second,
	} {
		if got := nextCheck(took, time.Second); got != want {
			t.Errorf("after a check of %v the next comes after %v, want %v", took, got, want)
		}
	}
}

// A round of polling is gone on with when it is cut off, wherever that is.
func TestPollingInSlices(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	var want []string
	for _, name := range []string{"a", "b", "c", "d"} {
		want = append(want, filepath.Join(dir, name, "file"))
		write(t, filepath.Join(dir, name, "file"), "1")
	}
	w, err := New(Options{PollOnly: true, Poll: 20 * time.Millisecond})
	must(t, err)
	must(t, w.Set([]Root{{Path: dir}}))
	w.slice = 1
	r := run(t, w)
	for _, path := range want {
		add(t, path, "2")
	}
	r.until(want...)
}
