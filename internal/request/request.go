package request

import (
	"github.com/devloop-dev/devloop/build"
	"github.com/devloop-dev/devloop/deploy"
	"github.com/devloop-dev/devloop/internal/config"
)

// Image is what build is asked for.
func Image(name string, im config.Image) build.Spec {
	switch {
	case im.Go != "":
		return build.Spec{Name: name, Context: im.Context, Platform: im.Platform, Go: &build.GoBuild{
			Package: im.Go, Base: im.Base, Flags: im.Flags, Ldflags: im.Ldflags, Env: im.Env, User: im.User, Ports: im.Ports,
		}}
	case im.Custom != nil:
		return build.Spec{Name: name, Context: im.Context, Platform: im.Platform, Custom: im.Custom}
	}
	spec := build.Spec{Name: name, Context: im.Context, Dockerfile: im.Dockerfile, Target: im.Target, Platform: im.Platform, Args: im.Args, SSH: im.SSH}
	for _, secret := range im.Secrets {
		spec.Secrets = append(spec.Secrets, build.Secret(secret))
	}
	return spec
}

// Release is what deploy is asked for, with the given reference for each image.
// namespace is that of the context, for a release that names none.
func Release(name string, r config.Release, namespace string, refs map[string]string) deploy.Release {
	images := map[string]string{}
	for key, im := range r.Images {
		images[key] = refs[im]
	}
	return deploy.Release{Name: name, Namespace: r.In(namespace), CreateNamespace: r.CreateNamespace,
		Chart: r.Chart, Values: r.Values, Set: r.Set, SetFiles: r.SetFile, Images: images, Hooks: deploy.Hooks(r.Hooks)}
}
