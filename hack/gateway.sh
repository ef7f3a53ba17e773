#!/usr/bin/env bash
# gateway.sh COMMAND...: runs the command beside a Gateway API controller and proxy for
# the cluster of KUBECONFIG: Traefik, a process on this machine that serves all Gateways
# of class devloop-gateway with port 18080 at http://127.0.0.1:18080. The pods must be
# within this machine's reach, as those of the sandbox are. Needs helm, and the
# definitions of Gateway API in the cluster. The first build takes several minutes; the
# binary is kept in the user's cache.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)/gateway

version=$(cd "$here" && go list -m -f '{{.Version}}' github.com/traefik/traefik/v3)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/devloop-sandbox
traefik=$cache/traefik-$version
if [ ! -x "$traefik" ]; then
    echo "building Traefik $version, once: several minutes" >&2
    mkdir -p "$cache"
    (cd "$here" && CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$traefik.$$" github.com/traefik/traefik/v3/cmd/traefik)
    mv "$traefik.$$" "$traefik"
fi

if (exec 3<>/dev/tcp/127.0.0.1/18080) 2>/dev/null || (exec 3<>/dev/tcp/127.0.0.1/18081) 2>/dev/null; then
    echo "port 18080 or 18081 is taken, perhaps by another gateway.sh: end it first" >&2
    exit 1
fi
helm upgrade --install devloop-gateway "$here/class" --namespace default >/dev/null
log=$(mktemp)
# It takes changes in after 0.1 s in place of 2 s: the time of the tools is to be seen,
# not the proxy's patience, which is the same for all of them.
"$traefik" --entryPoints.web.address=127.0.0.1:18080 --entryPoints.ping.address=127.0.0.1:18081 \
    --ping=true --ping.entryPoint=ping --providers.kubernetesGateway=true --providers.providersThrottleDuration=100ms \
    --global.checkNewVersion=false --global.sendAnonymousUsage=false --log.level=ERROR >"$log" 2>&1 &
proxy=$!
trap 'kill "$proxy" 2>/dev/null; wait "$proxy" || true; helm uninstall devloop-gateway --namespace default >/dev/null; rm -f "$log"' EXIT
until (exec 3<>/dev/tcp/127.0.0.1/18081) 2>/dev/null; do
    kill -0 "$proxy" 2>/dev/null || { echo "Traefik ended:" >&2; cat "$log" >&2; exit 1; }
    sleep 0.1
done
"$@"
