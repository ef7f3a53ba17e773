package deploy

import (
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
	"helm.sh/helm/v3/pkg/kube"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/resource"
)

// update is one run of Update.
type update struct {
	*helmClient
	old map[string]*resource.Info // the last manifest, by Object.key

	mu      sync.Mutex
	res     *kube.Result
	refused refusals
}

// run writes what has to be written, first what was edited. The objects that should
// need nothing are looked at after that: it takes longer than the edit, which need not
// wait for it. Many of a kind are listed meanwhile, since the API server may take
// 100 ms to answer a list, until its cache is known to be fresh.
func (u *update) run(target kube.ResourceList) error {
	h := u.hopes(u.old, target)
	var verify errgroup.Group
	var same map[*resource.Info]bool
	verify.Go(func() (err error) {
		same, err = u.unchanged(h.many)
		return err
	})
	err := u.write(h.edited)
	leave := u.watch.enter(reading)
	verifyErr := verify.Wait()
	leave()
	switch {
	case err != nil && len(h.edited) < len(target):
		// What it needs may be gone: once more, in helm's own order.
		u.refused = nil
		err = u.write(target)
	case err == nil && verifyErr != nil:
		err = unread(verifyErr)
	case err == nil:
		err = u.write(u.doubtful(target, h, same))
	}
	if err != nil {
		return err
	}
	if len(u.refused) > 0 {
		return u.refused
	}
	return nil
}

// doubtful are the objects that were not edited and have to be looked at, in helm's
// order; the same ones are as they should be.
func (u *update) doubtful(target kube.ResourceList, h hopes, same map[*resource.Info]bool) kube.ResourceList {
	look := map[*resource.Info]bool{}
	for _, info := range h.few {
		look[info] = true
	}
	for _, info := range h.many {
		if same[info] {
			u.settle(info, u.known[infoObject(info).key()].version)
			u.res.Updated = append(u.res.Updated, info)
		} else {
			look[info] = true
		}
	}
	return target.Filter(func(info *resource.Info) bool { return look[info] })
}

func unread(err error) error {
	return fmt.Errorf("could not get information about the resources: %w", err)
}

// write creates or patches objects as their live state asks for.
func (u *update) write(list kube.ResourceList) error {
	if len(list) == 0 {
		return nil
	}
	leave := u.watch.enter(reading)
	live, err := u.live(list)
	leave()
	if err != nil {
		return unread(err)
	}
	// Helm stops at an object that it cannot create: nothing behind it may be
	// written before.
	alone := func(info *resource.Info) bool { return live[infoObject(info).key()] == nil }
	return inKindOrder(list, alone, func(info *resource.Info) error {
		key := infoObject(info).key()
		now := live[key]
		if now == nil {
			u.mu.Lock()
			u.res.Created = append(u.res.Created, info)
			u.mu.Unlock()
			return u.create(info)
		}
		was := now
		if o := u.old[key]; o != nil {
			if m, ok := o.Object.(*unstructured.Unstructured); ok {
				was = m
			}
		}
		err := u.patch(info, was, now)
		u.mu.Lock()
		defer u.mu.Unlock()
		u.res.Updated = append(u.res.Updated, info)
		if err != nil {
			u.refused = append(u.refused, err)
		}
		return nil // the other objects are still updated, as with helm
	})
}
