package logs

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What a log request is answered when there is no right to it, and when its node
// does not answer.
var (
	noRight = status(403, metav1.StatusReasonForbidden, "pods is forbidden: cannot get pods/log")
	noNode  = status(500, metav1.StatusReasonInternalError, "cannot reach the node")
)

// requests is how many logs were asked for so far.
func (a *fakeAPI) requests() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.logN
}

// serveLog answers as a kubelet does: whole seconds in sinceTime, sinceSeconds by
// its own clock, the run it knows as the current one whatever the pod's status says.
func (a *fakeAPI) serveLog(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if a.source != nil {
		a.stream(w, r)
		return
	}
	a.mu.Lock()
	a.logN++
	a.asked[r.PathValue("pod")+"/"+q.Get("container")]++
	n, refuse, removed, cut := a.logN, a.refuse, a.removed, a.cutLog
	pod := a.pods[r.PathValue("pod")]
	runs := a.logs[r.PathValue("pod")+"/"+q.Get("container")]
	a.mu.Unlock()
	back := 1
	if q.Get("previous") == "true" {
		back = 2
	}
	switch {
	case refuse.Code != 0:
		a.answer(w, int(refuse.Code), refuse)
		return
	case pod == nil:
		a.refused(w, 404, metav1.StatusReasonNotFound, "pod not found")
		return
	case removed:
		fmt.Fprint(w, "unable to retrieve container logs for containerd://id")
		return
	case len(runs) < back:
		if a.missed != nil {
			a.missed()
		}
		a.refused(w, 400, metav1.StatusReasonBadRequest, "previous terminated container not found")
		return
	}
	run := runs[len(runs)-back]
	var since time.Time
	if s := q.Get("sinceTime"); s != "" {
		var err error
		if since, err = time.Parse(time.RFC3339, s); err != nil {
			a.t.Error(err)
		}
	}
	if s := q.Get("sinceSeconds"); s != "" {
		age, err := strconv.Atoi(s)
		if err != nil || age < 1 {
			a.t.Errorf("sinceSeconds %q: %v", s, err)
		}
		since = a.now().Add(-time.Duration(age) * time.Second)
	}
	left, clean := 1<<40, true
	if cut != nil {
		left, clean = cut(n)
	}
	for sent := a.tail(run, q.Get("tailLines")); ; {
		a.mu.Lock()
		lines, ended, changed := run.lines, run.ended, a.changed
		a.mu.Unlock()
		var out bytes.Buffer
		for ; sent < len(lines); sent++ {
			if l := lines[sent]; !l.at.Before(since) {
				fmt.Fprintf(&out, "%s %s", l.at.Format("2006-01-02T15:04:05.000000000Z07:00"), l.text)
			}
		}
		body := out.Bytes()
		if len(body) > left {
			body = body[:left]
		}
		left -= len(body)
		if _, err := w.Write(body); err != nil {
			return
		}
		w.(http.Flusher).Flush()
		if out.Len() > len(body) {
			if clean {
				return
			}
			panic(http.ErrAbortHandler)
		}
		if ended || q.Get("follow") != "true" {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}

// stream sends all of a source as fast as it is taken, and then waits for the end
// of the request, as the log of a container that goes on running does.
func (a *fakeAPI) stream(w http.ResponseWriter, r *http.Request) {
	from, part := a.source(r.PathValue("pod")), make([]byte, 16<<10)
	for {
		n, end := from.Read(part)
		if _, err := w.Write(part[:n]); err != nil {
			return
		}
		a.written.Add(int64(n))
		if end != nil {
			break
		}
	}
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

func (a *fakeAPI) tail(run *fakeRun, lines string) int {
	n, err := strconv.Atoi(lines)
	if err != nil {
		return 0
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return max(0, len(run.lines)-n)
}
