package doctor

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"k8s.io/client-go/rest"
)

// skewed is how far the clocks may be apart: from there on logs of the last seconds
// are the wrong ones. The API server tells whole seconds only.
const skewed = 3 * time.Second

// clock compares this machine's time with the API server's. The clock of a virtual
// machine stops while the laptop sleeps.
func (e *examination) clock(ctx context.Context) []Finding {
	const check = "clock"
	if e.reached == nil {
		return nil
	}
	there, off, err := e.skew(ctx)
	if err != nil {
		return warn(check, "the cluster does not tell its time: "+err.Error(), "nothing depends on it but the times of logs")
	}
	if off.Abs() <= skewed {
		return ok(check, fmt.Sprintf("the cluster's is the same within %s", skewed))
	}
	which := "ahead of"
	if off < 0 {
		which = "behind"
	}
	return warn(check, fmt.Sprintf("the cluster's (%s) is %s %s this machine's", there.UTC().Format(time.TimeOnly), off.Abs().Round(time.Second), which),
		"restart the cluster or its virtual machine, or have it set its time: logs come late or twice, and certificates may not be valid yet")
}

// skew is the API server's time, and how far it is ahead of ours.
func (e *examination) skew(ctx context.Context) (time.Time, time.Duration, error) {
	client, err := rest.HTTPClientFor(e.reached.Config)
	if err != nil {
		return time.Time{}, 0, err
	}
	base, _, err := rest.DefaultServerUrlFor(e.reached.Config)
	if err != nil {
		return time.Time{}, 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(base.String(), "/")+"/version", nil)
	if err != nil {
		return time.Time{}, 0, err
	}
	before := e.Now()
	res, err := client.Do(req)
	if err != nil {
		return time.Time{}, 0, err
	}
	defer res.Body.Close()
	after := e.Now()
	there, err := http.ParseTime(res.Header.Get("Date"))
	if err != nil {
		return time.Time{}, 0, fmt.Errorf("its answer has no date: %w", err)
	}
	// The header's time is cut to a second: half of it is the best guess.
	middle := before.Add(after.Sub(before) / 2)
	return there, there.Add(500 * time.Millisecond).Sub(middle), nil
}
