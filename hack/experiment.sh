#!/usr/bin/env bash
# experiment.sh [mttv|traffic] [FLAGS]: runs the experiments of examples/sms-checker, or
# the one named, on the cluster of KUBECONFIG, with the flags of devloop experiment run,
# and keeps the raw data, the summary and a picture of the report in docs/experiments.
# It asks nothing and removes what it made in the cluster. Needs bin/devloop (make build)
# and docker; helm is built where PATH has none, the picture needs Chromium.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/.sandbox/bin
if ! command -v helm >/dev/null; then
    [ -x "$tools/helm" ] || GOBIN=$tools CGO_ENABLED=0 go install "helm.sh/helm/v3/cmd/helm@$(go list -m -f '{{.Version}}' helm.sh/helm/v3)"
fi
# An arm that takes part where it is in PATH.
CGO_ENABLED=0 go build -trimpath -o "$tools/sms-checker-floor" ./test/bench/floor
export PATH=$PATH:$tools
experiments=(mttv traffic)
case ${1:-} in mttv | traffic) experiments=("$1") && shift ;; esac

for name in "${experiments[@]}"; do
    # Traffic needs something that carries it.
    beside=()
    [ "$name" != traffic ] || beside=(hack/gateway.sh)
    out=.sandbox/experiment-$name-$(date +%Y%m%d-%H%M%S)
    # What was measured until a failure or Ctrl-C is reported, too; only a whole run is kept.
    "${beside[@]}" bin/devloop experiment run "examples/sms-checker/experiments/$name.yaml" --out "$out" "$@"
    kept=docs/experiments/sms-checker-$name${KEEP_AS:+-$KEEP_AS}
    mkdir -p "$kept"
    cp "$out/raw.jsonl" "$out/report.md" "$kept/"
    if command -v chromium >/dev/null; then
        as_root=()
        [ "$(id -u)" != 0 ] || as_root=(--no-sandbox)
        chromium "${as_root[@]}" --headless --hide-scrollbars --window-size=1200,1500 --virtual-time-budget=5000 \
            --screenshot="$PWD/$kept/report.png" "file://$PWD/$out/report.html" 2>/dev/null || echo "no picture: chromium failed" >&2
    fi
    echo "kept in $kept; the report: $out/report.html"
done
