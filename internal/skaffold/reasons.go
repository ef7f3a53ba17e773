package skaffold

import (
	"regexp"
	"strings"
)

// reasons say of a key that devloop has no counterpart for why, and what to do. The
// longest entry that a key's path ends in counts; lists' numbers are left out.
func reasons() map[string]string {
	const charts = "devloop deploys Helm charts: move these objects into a chart's templates"
	return map[string]string{
		"build.artifacts.sync":                 "write what is to be copied under sync:, as in {from: \"web/**\", to: /srv/web}",
		"build.artifacts.sync.hooks":           "exec: of an entry under sync: runs in the container after its files were copied",
		"build.artifacts.ko.env":               "go build has devloop's own environment: set it there",
		"build.artifacts.ko":                   "devloop builds by go: and has no such setting",
		"build.artifacts.custom.dependencies":  "all files of the context count that .dockerignore lets in",
		"build.artifacts.requires":             "name the other image in FROM, as in FROM base, in place of the build argument: it is then built first",
		"build.artifacts.hooks.after":          "nothing runs after a build: call it from where you call devloop",
		"build.artifacts.hooks.before":         "prebuild: is one command that runs in the context folder",
		"build.artifacts.hooks":                "prebuild: is the one command that runs with a build, before it",
		"build.artifacts.runtimeType":          "devloop attaches no debuggers",
		"build.artifacts.docker.noCache":       "an image is built when its content changes, and not otherwise",
		"build.artifacts.docker.cacheFrom":     "the docker daemon's own cache is used",
		"build.artifacts.docker":               "devloop has no such build setting: set it in the Dockerfile or the docker daemon",
		"build.tagPolicy":                      "not needed: an image's tag is the digest of its content",
		"build.local":                          "devloop builds with the docker daemon at hand and has no such setting",
		"build.cluster":                        "devloop builds with the docker daemon at hand, not in the cluster",
		"build.googleCloudBuild":               "devloop builds with the docker daemon at hand",
		"build.insecureRegistries":             "docker itself is told of them, in its daemon.json",
		"build.platforms":                      "devloop builds for the one platform of the local cluster: platform: of each image sets another",
		"build.hooks":                          "prebuild: of an image runs before its build",
		"deploy.helm.flags":                    "devloop runs no helm command that flags could be given to; up --timeout is the longest a rollout may take",
		"manifests.helm.flags":                 "devloop runs no helm command that flags could be given to; up --timeout is the longest a rollout may take",
		"deploy.helm.hooks":                    "devloop runs no commands around a release: a chart's own Helm hooks run in the cluster, prebuild: on this machine",
		"manifests.helm.hooks":                 "devloop runs no commands around a release: a chart's own Helm hooks run in the cluster, prebuild: on this machine",
		"helm.releases.wait":                   "devloop always waits until a release is ready",
		"helm.releases.recreatePods":           "pods are replaced when their template changes, as by helm",
		"helm.releases.upgradeOnChange":        "devloop always upgrades a release that changed",
		"helm.releases.skipTests":              "devloop runs no chart tests",
		"helm.releases.packaged":               "devloop installs the folder, it packs nothing",
		"helm.releases.useHelmSecrets":         "devloop decrypts no values: decrypt the file and name it under values:",
		"helm.releases.version":                "a chart's version in its folder is that of its Chart.yaml",
		"helm.releases.packaged.version":       "a chart's version in its folder is that of its Chart.yaml",
		"helm.releases.remote":                 "devloop takes a chart's folder or .tgz",
		"deploy.kubectl":                       charts,
		"deploy.kustomize":                     charts,
		"deploy.kpt":                           charts,
		"manifests.rawYaml":                    charts,
		"manifests.kustomize":                  charts,
		"manifests.kpt":                        charts,
		"manifests.transform":                  "devloop changes nothing in what a chart renders",
		"manifests.validate":                   "devloop has no validators: devloop render prints what kubeconform and the like read",
		"deploy.docker":                        "devloop deploys to Kubernetes",
		"deploy.cloudrun":                      "devloop deploys to Kubernetes",
		"deploy.kubeContext":                   "the context is named with --context; one that is not local needs allowContexts: too",
		"deploy.statusCheck":                   "devloop always waits until what it applied is ready",
		"deploy.statusCheckDeadlineSeconds":    "devloop up --timeout is the longest a rollout may take",
		"deploy.tolerateFailuresUntilDeadline": "a rollout that cannot become ready is told at once, and the loop goes on",
		"deploy.logs":                          "the logs of all pods of the releases are shown",
		"requires":                             "only files on disk are read: fetch it, and name its path",
		"test":                                 "devloop runs no tests of images",
		"verify":                               "devloop runs no verification after a deployment: devloop wait tells when to start yours",
		"customActions":                        "devloop has no actions of its own: call the command itself",
		"resourceSelector":                     "devloop changes no images in manifests but by a chart's values",
		"metadata":                             "devloop.yaml has no labels or annotations of its own",
	}
}

var index = regexp.MustCompile(`\[[0-9]+\]`)

// reason is what the table says of a key or of those it stands under.
func reason(n *node) string {
	table := reasons()
	path := index.ReplaceAllString(n.path, "")
	// From the key upwards; at each level with and without what is above.
	for at := path; at != ""; {
		for tail := at; tail != ""; {
			if why, ok := table[tail]; ok {
				return why
			}
			_, rest, more := strings.Cut(tail, ".")
			if !more {
				break
			}
			tail = rest
		}
		i := strings.LastIndex(at, ".")
		if i < 0 {
			break
		}
		at = at[:i]
	}
	return "devloop has no such setting"
}
