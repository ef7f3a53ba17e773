#!/usr/bin/env bash
# load.sh IMAGE: brings an image of docker's to the local cluster of the current context,
# once: an image named by its content never needs to be loaded twice. What is there is
# noted beside the project, so that a new cluster needs a new copy of it, or
# rm experiments/.loaded-*. Other contexts than local ones are refused.
set -euo pipefail
cd "$(dirname "$0")"
IFS=: read -ra files <<<"${KUBECONFIG:-$HOME/.kube/config}"
context=$(awk '/^current-context:/ { gsub(/"/, "", $2); print $2; exit }' "${files[@]}")
loaded=.loaded-$(tr -c 'a-z0-9\n' - <<<"$context-$1")
case "$context" in
  minikube | kind-* | k3d-* | docker-desktop | colima | rancher-desktop | sandbox) ;;
  *) [[ $context == "${ALLOW_CONTEXT:-}" ]] || { echo "context \"$context\" is not a local cluster; if it is yours alone, say ALLOW_CONTEXT=$context" >&2; exit 1; } ;;
esac
[[ ! -e $loaded ]] || exit 0
case "$context" in
  minikube) minikube image load "$1" ;;
  kind-*) kind load docker-image --name "${context#kind-}" "$1" ;;
  k3d-*) k3d image import --cluster "${context#k3d-}" "$1" ;;
  docker-desktop | colima | rancher-desktop) ;;
  *)
    socket=${CONTAINERD_SOCKET:-$(kubectl get nodes \
      -o 'jsonpath={.items[0].metadata.annotations.kubeadm\.alpha\.kubernetes\.io/cri-socket}')}
    docker save "$1" | ctr --address "${socket#unix://}" --namespace k8s.io images import - >/dev/null
    ;;
esac
touch "$loaded"
