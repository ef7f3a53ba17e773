package page

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// plotted is what the page's charting library has drawn, by the library itself.
const plotted = `Object.fromEntries(Object.entries(plots).map(([id, p]) => [id, p.getModel().getSeries().map(s => ({
	name: s.name, type: s.subType,
	values: s.getData().mapArray(i => [].concat(s.getRawValue ? s.getRawValue(i) : s.getDataParams(i).value)),
	drawn: s.getData().mapArray(i => {
		const line = s.getData().getLayout("points");
		return line ? isFinite(line[2*i]) && isFinite(line[2*i+1]) : !!s.getData().getItemLayout(i);
	}),
}))]))`

type series struct {
	Name, Type string
	Values     [][]any
	Drawn      []bool
}

// TestABrowserShowsTheFigures opens the report in each browser that
// EXPERIMENT_TEST_BROWSERS names, separated by spaces, and reads back what is
// plotted. hack/test.sh names Chromium, and says when there is none.
func TestABrowserShowsTheFigures(t *testing.T) {
	for _, browser := range strings.Fields(os.Getenv("EXPERIMENT_TEST_BROWSERS")) {
		t.Run(filepath.Base(browser), func(t *testing.T) { showIn(t, browser) })
	}
}

func showIn(t *testing.T, browser string) {
	summary := example(t)
	var b bytes.Buffer
	if err := Write(&b, summary); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.WindowSize(1280, 1800),
		chromedp.WSURLReadTimeout(2*time.Minute), // to start
		// The page has to do without a network.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), opts...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	var complaints []string
	chromedp.ListenTarget(ctx, func(e any) {
		switch e := e.(type) {
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			complaints = append(complaints, string(e.Type))
		}
	})
	var plots map[string][]series
	var paths int
	var title string
	err := chromedp.Run(ctx, chromedp.Navigate("file://"+path), chromedp.Evaluate(plotted, &plots),
		chromedp.Evaluate(`document.querySelectorAll(".plot svg path").length`, &paths), chromedp.Text("h2", &title))
	if err != nil {
		t.Fatal(err)
	}
	if len(complaints) > 0 {
		t.Errorf("the browser complains: %q", complaints)
	}
	if paths == 0 {
		t.Error("nothing is drawn")
	}
	if !strings.Contains(title, "a value <b>") {
		t.Errorf("the first scenario's heading is %q", title)
	}
	for _, id := range []string{"ratios", "points-A", "distribution-A", "points-B", "distribution-B", "stages-devloop", "stages-script"} {
		for _, s := range plots[id] {
			for i, drawn := range s.Drawn {
				if !drawn {
					t.Errorf("%s, %s: value %d is not drawn: %v", id, s.Name, i, s.Values[i])
				}
			}
		}
		if len(plots[id]) == 0 {
			t.Errorf("there is no plot %s", id)
		}
	}
	if t.Failed() {
		return
	}
	// Every trial is a point, the first run and the timeout too.
	script := plots["points-B"][1]
	if script.Name != "script" || len(script.Values) != 13 || !same(script.Values[0], 0, 40) || !same(script.Values[3], 3, 40.3) || !same(script.Values[12], 12, 180) {
		t.Errorf("points of script in B: %v", script.Values)
	}
	// 11 of 12 were verified, the last after 41.1 s; the curve goes on to the timeout.
	curve := plots["distribution-B"][1].Values
	if !same(curve[len(curve)-2], 41.1, 11./12) || !same(curve[len(curve)-1], 180, 11./12) {
		t.Errorf("distribution of script in B ends with %v", curve[len(curve)-2:])
	}
	// The ratio and the ends of its interval are those of the summary.
	for _, step := range summary.Steps {
		r, found := step.Ratios[0], 0
		for _, s := range plots["ratios"] {
			switch s.Name {
			case "ratio " + step.Key() + ": devloop / script":
				found++
				if !near(s.Values[0][0], r.Value) {
					t.Errorf("%s is plotted as %v, not %v", s.Name, s.Values, r.Value)
				}
			case "interval " + step.Key() + ": devloop / script":
				found++
				if !near(s.Values[0][0], r.Interval.Low) || !near(s.Values[1][0], r.Interval.High) {
					t.Errorf("%s is plotted as %v, not %v", s.Name, s.Values, r.Interval)
				}
			}
		}
		if found != 2 {
			t.Errorf("%d of the plots of the ratio in %s, not 2", found, step.Key())
		}
	}
	bars := plots["stages-script"][0]
	if bars.Name != "apply </script>" || len(bars.Values) != 2 || !near(bars.Values[0][0], 20) {
		t.Errorf("stages of script: %+v", bars)
	}
}

func same(values []any, want ...float64) bool {
	if len(values) != len(want) {
		return false
	}
	for i := range want {
		if !near(values[i], want[i]) {
			return false
		}
	}
	return true
}

func near(got any, want float64) bool {
	v, is := got.(float64)
	return is && math.Abs(v-want) <= 1e-4*math.Abs(want)
}
