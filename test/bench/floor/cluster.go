package main

import (
	"context"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/internal/kube"
	"github.com/devloop-dev/devloop/test/bench/workshop"
)

// object is the name of the app's ConfigMap and VirtualService.
const object = "sms-checker-app"

// floor sends what differs between two wishes.
type floor struct {
	dir, namespace string
	cluster        kubernetes.Interface
	routes         dynamic.ResourceInterface
	shop           *workshop.Workshop
	split          int               // the VirtualService's route that has the delay
	images         map[string]string // digest of the source -> image that it made
}

// connect makes all connections, and reads what the patches need to know.
func connect(ctx context.Context, dir, namespace string) (*floor, error) {
	kc, err := kube.Load("", "")
	if err != nil {
		return nil, err
	}
	if err := kc.Check(); err != nil {
		return nil, err
	}
	f := &floor{dir: dir, namespace: namespace}
	if f.cluster, err = kubernetes.NewForConfig(kc.Config); err != nil {
		return nil, fmt.Errorf("context %s: %w", kc.Name, err)
	}
	client, err := dynamic.NewForConfig(kc.Config)
	if err != nil {
		return nil, fmt.Errorf("context %s: %w", kc.Name, err)
	}
	f.routes = client.Resource(schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1", Resource: "virtualservices"}).Namespace(namespace)
	route, err := f.routes.Get(ctx, object, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("read what is deployed in namespace %s: %w", namespace, err)
	}
	list, _, err := unstructured.NestedSlice(route.Object, "spec", "http")
	if err != nil || len(list) == 0 {
		return nil, fmt.Errorf("virtual service %s has no routes: %w", object, err)
	}
	f.split = len(list) - 1
	app, err := f.cluster.AppsV1().Deployments(namespace).Get(ctx, workshop.Apps()[0], metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("read what is deployed in namespace %s: %w", namespace, err)
	}
	now, err := read(dir)
	if err != nil {
		return nil, err
	}
	f.images = map[string]string{now.code: app.Spec.Template.Spec.Containers[0].Image}
	f.shop, err = workshop.Open(ctx, f.cluster, kc.Name)
	return f, err
}

// close removes the images that were made.
func (f *floor) close(ctx context.Context) error {
	return errors.Join(workshop.RemoveImages(ctx, f.shop.Docker, f.namespace), f.shop.Close())
}

// send has the cluster follow from one wish to the next.
func (f *floor) send(ctx context.Context, was, is wish) error {
	var errs []error
	if is.replicas != was.replicas {
		// v2 has a number of its own.
		errs = append(errs, workshop.Patch(ctx, f.cluster, f.namespace, fmt.Sprintf(`{"spec":{"replicas":%d}}`, is.replicas), workshop.Apps()[0]))
	}
	if is.delay != was.delay {
		errs = append(errs, f.delay(ctx, is.delay))
	}
	if is.code != was.code {
		errs = append(errs, f.code(ctx, is.code))
	}
	if is.banner != was.banner {
		errs = append(errs, f.banner(ctx, is.banner))
	}
	return errors.Join(errs...)
}

// delay patches the route of those who have no version yet.
func (f *floor) delay(ctx context.Context, on bool) error {
	patch := fmt.Sprintf(`[{"op":"remove","path":"/spec/http/%d/fault"}]`, f.split)
	if on {
		patch = fmt.Sprintf(`[{"op":"add","path":"/spec/http/%d/fault","value":{"delay":{"percentage":{"value":50},"fixedDelay":"2s"}}}]`, f.split)
	}
	_, err := f.routes.Patch(ctx, object, types.JSONPatchType, []byte(patch), metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("patch virtual service %s: %w", object, err)
	}
	return nil
}

// banner patches the ConfigMap, then has new pods read it.
func (f *floor) banner(ctx context.Context, text string) error {
	patch := fmt.Sprintf(`{"data":{"BANNER":%q}}`, text)
	_, err := f.cluster.CoreV1().ConfigMaps(f.namespace).Patch(ctx, object, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("patch config map %s: %w", object, err)
	}
	return workshop.Patch(ctx, f.cluster, f.namespace,
		fmt.Sprintf(`{"spec":{"template":{"metadata":{"annotations":{"checksum/config":%q}}}}}`, "floor-"+text), workshop.Apps()...)
}

// code compiles the app, makes its image, brings that to the cluster and has the
// Deployments take it; what was made before is taken again.
func (f *floor) code(ctx context.Context, digest string) error {
	if f.images[digest] == "" {
		if err := workshop.Compile(ctx, f.dir); err != nil {
			return err
		}
		spec := workshop.App(f.dir, f.namespace+"-app")
		in, err := spec.Inputs(ctx, nil)
		if err != nil {
			return err
		}
		img, err := f.shop.Builder.With(build.Naming{Project: f.namespace}).Build(ctx, spec, in, nil)
		if err != nil {
			return err
		}
		if err := f.shop.Target.Load(ctx, img.Ref); err != nil {
			return err
		}
		f.images[digest] = img.Ref
	}
	return workshop.SetImage(ctx, f.cluster, f.namespace, f.images[digest])
}
