#!/usr/bin/env bash
# experiment.sh [FLAGS]: runs the experiment of examples/sms-checker on the cluster of
# KUBECONFIG, with the flags of devloop experiment run, and keeps the raw data, the
# summary and a picture of the report in docs/. It asks nothing and removes what it
# made in the cluster. Needs bin/devloop (make build) and docker; helm is built where
# PATH has none, the picture needs Chromium.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/.sandbox/bin
if ! command -v helm >/dev/null; then
    [ -x "$tools/helm" ] || GOBIN=$tools CGO_ENABLED=0 go install "helm.sh/helm/v3/cmd/helm@$(go list -m -f '{{.Version}}' helm.sh/helm/v3)"
    export PATH=$PATH:$tools
fi

out=.sandbox/experiment-$(date +%Y%m%d-%H%M%S)
kept=docs/experiments/sms-checker-mttv
# What was measured until a failure or Ctrl-C is reported, too; only a whole run is kept.
bin/devloop experiment run examples/sms-checker/experiments/mttv.yaml --out "$out" "$@"
mkdir -p "$kept"
cp "$out/raw.jsonl" "$out/report.md" "$kept/"
if command -v chromium >/dev/null; then
    as_root=()
    [ "$(id -u)" != 0 ] || as_root=(--no-sandbox)
    chromium "${as_root[@]}" --headless --hide-scrollbars --window-size=1200,1500 --virtual-time-budget=5000 \
        --screenshot="$PWD/docs/images/experiment.png" "file://$PWD/$out/report.html" 2>/dev/null
fi
echo "kept in $kept; the report: $out/report.html"
