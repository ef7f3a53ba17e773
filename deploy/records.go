package deploy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage"
	"helm.sh/helm/v3/pkg/storage/driver"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/metadata"
)

// recordKind is the type of a secret that holds a record.
const recordKind corev1.SecretType = "helm.sh/release.v1"

// records is helm's storage in secrets, for one action on releases of one
// namespace. Helm's own driver fetches and decodes the whole history three
// times in an upgrade, of which the action reads one record. This one lists the
// records' labels once, fetches those records that are read in full, the newest
// one and the deployed one, and keeps them from one action to the next. Of the
// others it gives what the labels tell: name, revision and status.
type records struct {
	driver.Driver // helm's, for what no action here asks
	cluster       *Cluster
	namespace     string
	// ctx is the action's, without its end: Helm's interface has none, and a
	// write that was begun is finished.
	ctx   func() context.Context
	watch *stopwatch // nil where nobody asks

	mu     sync.Mutex
	listed map[string]map[string]*record // release name, secret name
}

// record is one revision's secret.
type record struct {
	resourceVersion string
	labels          map[string]string
	// release is nil where only the labels are known. It is not written to.
	release *release.Release
	body    []byte // encoded; nil where it was not encoded here
}

// history is the storage for one action, or for a look at the releases of a
// namespace. What others write after its first use it does not see.
func (c *Cluster) history(ctx context.Context, namespace string) *storage.Storage {
	return c.timedHistory(ctx, namespace, nil)
}

// timedHistory is history that enters the stages of an Apply.
func (c *Cluster) timedHistory(ctx context.Context, namespace string, watch *stopwatch) *storage.Storage {
	secrets := driver.NewSecrets(c.client.CoreV1().Secrets(namespace))
	secrets.Log = func(string, ...any) {}
	s := storage.Init(&records{
		Driver: secrets, cluster: c, namespace: namespace, watch: watch,
		ctx:    func() context.Context { return context.WithoutCancel(ctx) },
		listed: map[string]map[string]*record{},
	})
	s.MaxHistory = max(c.opts.MaxHistory, 0)
	return s
}

// Query finds the records of one release by their labels.
func (r *records) Query(match map[string]string) ([]*release.Release, error) {
	name := match["name"]
	if name == "" || match["owner"] != "helm" {
		return r.Driver.Query(match)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	history, err := r.list(name)
	if err != nil {
		return nil, err
	}
	newest := 0
	for _, rec := range history {
		newest = max(newest, rec.revision())
	}
	var out []*release.Release
	found := false
	for _, key := range slices.Sorted(maps.Keys(history)) {
		rec := history[key]
		if !labels.SelectorFromSet(match).Matches(labels.Set(rec.labels)) {
			continue
		}
		found = true
		rel := rec.stub(r.namespace)
		if rec.revision() == newest || rec.labels["status"] == release.StatusDeployed.String() {
			rel, err = r.full(key, rec)
			if errors.Is(err, driver.ErrReleaseNotFound) {
				continue
			}
			if err != nil {
				r.cluster.opts.Log.Warn("a record of helm cannot be read", "secret", key, "err", err)
				continue // as helm does
			}
		}
		out = append(out, rel)
	}
	if !found {
		return nil, driver.ErrReleaseNotFound
	}
	return out, nil
}

// list reads a release's history the first time; after that it is what this
// action made of it.
func (r *records) list(name string) (map[string]*record, error) {
	if history := r.listed[name]; history != nil {
		return history, nil
	}
	history, err := r.asBefore(name)
	if err != nil {
		return nil, err
	}
	if history == nil {
		if history, err = r.listAll(name); err != nil {
			return nil, err
		}
	}
	r.listed[name] = history
	r.cluster.records.keep(r.namespace, name, history)
	return history, nil
}

func (r *records) listAll(name string) (map[string]*record, error) {
	found, err := r.labelsOf().List(r.ctx(), metav1.ListOptions{LabelSelector: "owner=helm,name=" + name})
	if err != nil {
		return nil, err
	}
	history := map[string]*record{}
	for _, item := range found.Items {
		known := r.cluster.records.get(r.namespace, item.Name)
		if known == nil || known.resourceVersion != item.ResourceVersion {
			known = &record{resourceVersion: item.ResourceVersion, labels: item.Labels}
		}
		history[item.Name] = known
	}
	return history, nil
}

// asBefore is the history as the last action left it, if nobody has written to it
// since: the newest record is the same and has no successor. The API server tells
// that at once, while a list waits until its cache is known to be fresh.
func (r *records) asBefore(name string) (map[string]*record, error) {
	history := r.cluster.records.history(r.namespace, name)
	key, last := "", 0
	for k, rec := range history {
		if rec.revision() > last {
			key, last = k, rec.revision()
		}
	}
	if last == 0 {
		return nil, nil
	}
	same, alone := false, false
	var g errgroup.Group
	g.Go(func() error {
		now, err := r.labelsOf().Get(r.ctx(), key, metav1.GetOptions{})
		same = err == nil && now.ResourceVersion == history[key].resourceVersion
		return ignoreNotFound(err)
	})
	g.Go(func() error {
		_, err := r.labelsOf().Get(r.ctx(), recordKey(name, last+1), metav1.GetOptions{})
		alone = apierrors.IsNotFound(err)
		return ignoreNotFound(err)
	})
	if err := g.Wait(); err != nil || !same || !alone {
		return nil, err
	}
	return history, nil
}

func ignoreNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// recordKey is the name of a revision's secret, as helm makes it.
func recordKey(name string, revision int) string {
	return fmt.Sprintf("%s.%s.v%d", storage.HelmStorageType, name, revision)
}

func (r *records) labelsOf() metadata.ResourceInterface {
	return r.cluster.metadata.Resource(secretResource).Namespace(r.namespace)
}

// full is a whole record, as the caller's own.
func (r *records) full(key string, rec *record) (*release.Release, error) {
	if rec.release == nil {
		secret, err := r.secrets().Get(r.ctx(), key, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil, driver.ErrReleaseNotFound
		}
		if err != nil {
			return nil, err
		}
		rel, err := decodeRecord(secret.Data["release"])
		if err != nil {
			return nil, fmt.Errorf("decode %s: %w", key, err)
		}
		rec = &record{resourceVersion: secret.ResourceVersion, labels: secret.Labels, release: rel}
		r.cluster.records.put(r.namespace, key, rec)
		if history := r.listed[rel.Name]; history != nil {
			history[key] = rec
			r.cluster.records.keep(r.namespace, rel.Name, history)
		}
	}
	rel := cloneRelease(rec.release)
	rel.Labels = maps.Clone(rec.labels)
	return rel, nil
}

// Get is one record.
func (r *records) Get(key string) (*release.Release, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rel, err := r.full(key, &record{})
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(rel.Labels, func(label, _ string) bool { return slices.Contains(driver.GetSystemLabels(), label) })
	return rel, nil
}

// Create adds a record. That there is one already is how helm finds out that
// another upgrade runs.
func (r *records) Create(key string, rel *release.Release) error {
	// From here on Helm writes.
	defer r.watch.turn(writing)
	return r.write(key, rel, "createdAt", func(s *corev1.Secret) (*corev1.Secret, error) {
		made, err := r.secrets().Create(r.ctx(), s, metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(err) {
			return nil, driver.ErrReleaseExists
		}
		return made, err
	})
}

// Update replaces a record.
func (r *records) Update(key string, rel *release.Release) error {
	if rel.Chart == nil && rel.Manifest == "" && rel.Info.FirstDeployed.IsZero() {
		return fmt.Errorf("update %s: only its labels were read", key)
	}
	return r.write(key, rel, "modifiedAt", func(s *corev1.Secret) (*corev1.Secret, error) {
		return r.secrets().Update(r.ctx(), s, metav1.UpdateOptions{})
	})
}

func (r *records) write(key string, rel *release.Release, stamp string, send func(*corev1.Secret) (*corev1.Secret, error)) error {
	defer r.watch.enter(recording)()
	r.mu.Lock()
	defer r.mu.Unlock()
	var body []byte
	if known := r.cluster.records.get(r.namespace, key); known != nil && sameBody(known.release, rel) {
		body = known.body
	}
	if body == nil {
		var err error
		if body, err = r.cluster.members.body(rel); err != nil {
			return fmt.Errorf("encode %s: %w", key, err)
		}
	}
	data, err := r.cluster.members.record(rel, body)
	if err != nil {
		return fmt.Errorf("encode %s: %w", key, err)
	}
	// As in helm, what a release was read with wins over the time of now.
	set := map[string]string{stamp: strconv.FormatInt(time.Now().Unix(), 10)}
	maps.Copy(set, rel.Labels)
	maps.Copy(set, map[string]string{
		"name": rel.Name, "owner": "helm", "status": rel.Info.Status.String(), "version": strconv.Itoa(rel.Version),
	})
	sent, err := send(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: key, Labels: set}, Type: recordKind, Data: map[string][]byte{"release": data},
	})
	if err != nil {
		return err
	}
	rec := &record{resourceVersion: sent.ResourceVersion, labels: sent.Labels, release: cloneRelease(rel), body: body}
	r.cluster.records.put(r.namespace, key, rec)
	if history := r.listed[rel.Name]; history != nil {
		history[key] = rec
		r.cluster.records.keep(r.namespace, rel.Name, history)
	}
	return nil
}

// Delete removes a record; as in helm it is an error that there is none.
func (r *records) Delete(key string) (*release.Release, error) {
	defer r.watch.enter(recording)()
	r.mu.Lock()
	defer r.mu.Unlock()
	var gone *release.Release
	for _, history := range r.listed {
		if rec := history[key]; rec != nil {
			gone = rec.stub(r.namespace)
			delete(history, key)
			r.cluster.records.keep(r.namespace, gone.Name, history)
		}
	}
	if gone == nil {
		return r.Driver.Delete(key)
	}
	err := r.secrets().Delete(r.ctx(), key, metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) {
		return nil, driver.ErrReleaseNotFound
	}
	return gone, err
}

func (rec *record) revision() int {
	n, err := strconv.Atoi(rec.labels["version"])
	if err != nil {
		return 0
	}
	return n
}

// stub is a release of which only the labels are known.
func (rec *record) stub(namespace string) *release.Release {
	return &release.Release{
		Name: rec.labels["name"], Namespace: namespace, Version: rec.revision(), Labels: maps.Clone(rec.labels),
		Info: &release.Info{Status: release.Status(rec.labels["status"])},
	}
}
