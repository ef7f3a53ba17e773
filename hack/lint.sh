#!/usr/bin/env bash
# lint.sh MODULE...: gofmt, go vet and staticcheck in each module, and the syntax
# of the shell scripts. Staticcheck is the linter because it brings no rules of
# taste, runs from the module proxy and needs no configuration.
set -euo pipefail
cd "$(dirname "$0")/.."
staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2

unformatted=$(git ls-files -co --exclude-standard "*.go" | xargs gofmt -l)
if [ -n "$unformatted" ]; then
    echo "gofmt wants to change:" "$unformatted" >&2
    exit 1
fi
for script in $(git ls-files -co --exclude-standard '*.sh') .ci/run; do
    bash -n "$script"
done

bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
GOBIN=$bin go install "$staticcheck"
for module in "$@"; do
    echo "== lint $module"
    (cd "$module" && go vet ./... && "$bin/staticcheck" ./...)
done
# Files that only build for tests on a cluster or in a terminal.
go vet -tags sandbox,tmux ./... && "$bin/staticcheck" -tags sandbox,tmux ./...
