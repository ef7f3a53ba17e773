package deploy

import (
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/devloop-dev/devloop/internal/diff"
)

// putBack makes an object anew that was deleted.
func (g *guard) putBack(w *ward) {
	w.mu.Lock()
	told, given := w.missed, w.given
	w.missed = true
	w.mu.Unlock()
	d := Drift{Object: w.Object, Gone: true}
	switch {
	case given || g.mode == DriftWarn && told:
		return
	case g.mode == DriftWarn:
		g.tell(d)
		return
	case g.fights.lost(w, deletion, time.Now()):
		w.mu.Lock()
		w.given = true
		w.mu.Unlock()
		d.GaveUp = true
		g.tell(d)
		return
	}
	if err := w.create(); err != nil {
		g.failed(w, d, err)
		return
	}
	g.fights.note(w, deletion, time.Now())
	d.Corrected = true
	g.done(w, d)
}

// correct patches an object that was edited. Where fields of it were put back
// too often the server is asked first what a patch would change.
func (g *guard) correct(w *ward, live *unstructured.Unstructured) {
	for {
		d := Drift{Object: w.Object}
		fix, err := w.correct(live, g.owners.paths(w))
		if err != nil {
			g.failed(w, d, err)
			return
		}
		if fix == nil || w.isSettled(fix.digest) {
			return
		}
		try := g.mode == DriftWarn || g.fights.any(w, time.Now())
		changes, err := g.apply(fix, live, try)
		if err == nil && try && g.mode == DriftCorrect {
			if g.giveUp(w, live, changes) {
				continue
			}
			changes, err = g.apply(fix, live, false)
		}
		if len(changes) > 0 {
			d.Fields, d.Manager = inFields(w.Object, changes), writer(live, changes)
		}
		switch {
		case err != nil:
			if apierrors.IsInvalid(err) {
				w.settle(fix.digest) // the same patch will never do
			}
			g.failed(w, d, err)
		case len(changes) == 0:
			w.settle(fix.digest)
		case g.mode == DriftWarn:
			w.settle(fix.digest)
			g.tell(d)
		default:
			for _, c := range changes {
				g.fights.note(w, c.Path.String(), time.Now())
			}
			d.Corrected = true
			g.done(w, d)
		}
		return
	}
}

// apply sends a correction and says what it changed. None is a patch to whose
// values the server holds already, in its own form.
func (g *guard) apply(fix *correction, live *unstructured.Unstructured, dry bool) ([]diff.Change, error) {
	after, err := fix.send(dry)
	if err != nil {
		return nil, err
	}
	return restored(live, after, fix.wanted), nil
}

// giveUp leaves alone the fields that were put back too often.
func (g *guard) giveUp(w *ward, live *unstructured.Unstructured, changes []diff.Change) bool {
	var lost []diff.Change
	for _, c := range changes {
		if g.fights.lost(w, c.Path.String(), time.Now()) {
			lost = append(lost, c)
		}
	}
	if len(lost) == 0 {
		return false
	}
	w.mu.Lock()
	for _, c := range lost {
		w.left = append(w.left, c.Path)
	}
	w.mu.Unlock()
	g.tell(Drift{Object: w.Object, Fields: inFields(w.Object, lost), Manager: writer(live, lost), GaveUp: true})
	return true
}

// done tells of a success, failed of a failure, each new one once.
func (g *guard) done(w *ward, d Drift) {
	w.mu.Lock()
	w.tries, w.failed = 0, ""
	w.mu.Unlock()
	g.tell(d)
}

func (g *guard) failed(w *ward, d Drift, err error) {
	w.mu.Lock()
	told := w.failed == err.Error()
	w.failed = err.Error()
	w.mu.Unlock()
	if !told {
		d.Err = err
		g.tell(d)
	}
	if !apierrors.IsInvalid(err) {
		g.again(w)
	}
}

func (w *ward) settle(sum string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settled, w.tries, w.failed = sum, 0, ""
}

func (w *ward) isSettled(sum string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.settled == sum
}
