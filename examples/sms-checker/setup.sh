#!/usr/bin/env bash
# The way without devloop: everything from nothing, for every change. It removes
# the release, builds both images without any cache of docker's, brings them into
# the cluster, installs the chart and waits until it is ready. It tells how long
# each step took, so that it can be compared with what devloop does instead.
#
#   ./setup.sh           with the Go compiler's own cache, which is kind to it
#   COLD=1 ./setup.sh    compiles every Go package again too, as a build inside
#                        a fresh container would
#   NAMESPACE=x          another namespace than sms
#
# It needs docker, go, make and helm, and what loads images into your cluster
# (minikube, kind or k3d; for a cluster on this machine's containerd: ctr, and
# kubectl or CONTAINERD_SOCKET=/path/to/containerd.sock).
set -euo pipefail
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")"

release=sms-checker
namespace=${NAMESPACE:-sms}
tag=setup
images=("sms-checker/app:$tag" "sms-checker/model-service:$tag")

die() {
  printf 'setup.sh: %s\n' "$*" >&2
  exit 1
}

# need COMMAND HOW-TO-GET-IT
need() {
  command -v "$1" >/dev/null || die "$1 is missing: $2"
}

now() { echo "${EPOCHREALTIME:-$(date +%s)}"; }

seconds_since() { awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.1f s", to - from }'; }

# step NAME COMMAND... runs the command and tells how long it took.
step() {
  local name=$1 from
  shift
  from=$(now)
  printf '==> %s\n' "$name"
  "$@"
  printf '    %s: %s\n' "$name" "$(seconds_since "$from")"
}

# current_context reads the kubeconfig itself: kubectl may not be there.
current_context() {
  local files
  IFS=: read -ra files <<<"${KUBECONFIG:-$HOME/.kube/config}"
  awk '/^current-context:/ { gsub(/"/, "", $2); print $2; exit }' "${files[@]}" 2>/dev/null || true
}

teardown() {
  helm uninstall "$release" --kube-context "$context" --namespace "$namespace" \
    --ignore-not-found --cascade foreground --wait --timeout 5m
}

# build FOLDER IMAGE
build() {
  rm -rf "./${1:?}/bin"
  make -C "$1" bin GO_BUILD_FLAGS="${COLD:+-a}"
  docker build --no-cache --tag "$2" "$1"
}

load() {
  local socket
  case "$context" in
    minikube) minikube image load "${images[@]}" ;;
    kind-*) kind load docker-image --name "${context#kind-}" "${images[@]}" ;;
    k3d-*) k3d image import --cluster "${context#k3d-}" "${images[@]}" ;;
    docker-desktop | colima | rancher-desktop) echo "the cluster uses docker's own images" ;;
    *)
      socket=$(containerd_socket)
      docker save "${images[@]}" | ctr --address "$socket" --namespace k8s.io images import -
      ;;
  esac
}

containerd_socket() {
  local socket=${CONTAINERD_SOCKET:-}
  if [[ -z $socket ]]; then
    socket=$(kubectl --context "$context" get nodes \
      -o 'jsonpath={.items[0].metadata.annotations.kubeadm\.alpha\.kubernetes\.io/cri-socket}')
  fi
  [[ -n $socket ]] || die "the node does not name its containerd: set CONTAINERD_SOCKET=/path/to/containerd.sock"
  echo "${socket#unix://}"
}

install() {
  helm upgrade "$release" sms-checker-chart --install --kube-context "$context" \
    --namespace "$namespace" --create-namespace --values values/local.yaml \
    --set "app.image.tag=$tag,model.image.tag=$tag" --wait --timeout 5m
}

need docker "see https://docs.docker.com/engine/install"
need go "see https://go.dev/doc/install"
need make "install it with your system's packages"
need helm "run: go install helm.sh/helm/v3/cmd/helm@v3.22.0, and have \$(go env GOPATH)/bin in your PATH"

context=$(current_context)
case "$context" in
  "") die "no current context: set KUBECONFIG to your local cluster's kubeconfig" ;;
  minikube) need minikube "see https://minikube.sigs.k8s.io" ;;
  kind-*) need kind "run: go install sigs.k8s.io/kind@latest" ;;
  k3d-*) need k3d "see https://k3d.io" ;;
  docker-desktop | colima | rancher-desktop) ;;
  *)
    # It is about to delete a release: not on a cluster that others use.
    [[ $context == sandbox || $context == "${ALLOW_CONTEXT:-}" ]] ||
      die "context \"$context\" is not a local cluster that this script knows; if it is yours alone, say ALLOW_CONTEXT=$context"
    need ctr "it comes with containerd"
    [[ -n ${CONTAINERD_SOCKET:-} ]] || need kubectl "install it, or set CONTAINERD_SOCKET=/path/to/containerd.sock"
    ;;
esac
docker version >/dev/null 2>&1 || die "docker is installed, and its daemon does not answer: start it, or set DOCKER_HOST"

started=$(now)
printf 'context %s, namespace %s\n' "$context" "$namespace"
step "remove the release" teardown
step "build the app" build app "${images[0]}"
step "build the model" build model-service "${images[1]}"
step "load the images" load
step "install and wait until ready" install
printf '==> everything: %s\n' "$(seconds_since "$started")"
