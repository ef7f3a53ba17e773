#!/usr/bin/env bash
# test.sh: all tests. Those that need no cluster run first, in every module; the
# others on a real Kubernetes with a real docker: the sandbox where this machine
# can run it (Linux, root), else the current kubeconfig context if it is a local
# cluster. What could not be run is said, and is a failure when CI=true.
set -euo pipefail
cd "$(dirname "$0")/.."
unrun=()
step() { printf '\n== %s (%ss)\n' "$1" "$SECONDS"; }

# debian PACKAGE PURPOSE: installs a package where this machine lets us. A new
# machine may have no list of packages yet, or an old one.
debian() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 0
    step "installing $1, for $2"
    apt-get install -y --no-install-recommends "$1" >/dev/null 2>&1 ||
        { apt-get update >/dev/null && apt-get install -y --no-install-recommends "$1" >/dev/null; } ||
        echo "$1 could not be installed" >&2
}

for module in hack/sandbox examples/*/*/; do
    [ -f "$module/go.mod" ] || continue
    step "$module"
    (cd "$module" && go test -race ./...)
done

# The editors whose saves are watched for real, beside their system calls. vim is
# small enough to be fetched for that; emacs takes part where it is installed.
command -v vim vim.tiny vi >/dev/null || debian vim-tiny "the tests of watch"
WATCH_TEST_EDITORS=
for editor in vim emacs; do
    case $editor in vim) names=(vim vim.tiny vi) ;; *) names=(emacs emacs-nox) ;; esac
    if command -v "${names[@]}" >/dev/null; then
        WATCH_TEST_EDITORS+="$editor "
    else
        echo "$editor is not installed: only its system calls are tested, not the program"
    fi
done
export WATCH_TEST_EDITORS

# The footer of devloop up is looked at in a real terminal emulator.
command -v tmux >/dev/null || debian tmux "the tests of the terminal"
if command -v tmux >/dev/null; then
    step "the footer, in tmux"
    go test -race -count=1 -tags tmux ./internal/ui
else
    unrun+=("the footer on a terminal (tmux is not installed)")
fi

# The browser in which reports of experiments are opened.
command -v chromium >/dev/null || debian chromium "the tests of internal/experiment/page"
EXPERIMENT_TEST_BROWSERS=
for browser in chromium chromium-browser google-chrome; do
    ! command -v "$browser" >/dev/null || { EXPERIMENT_TEST_BROWSERS=$browser && break; }
done
[ -n "$EXPERIMENT_TEST_BROWSERS" ] || unrun+=("the test that opens a report in a browser: no Chromium")
export EXPERIMENT_TEST_BROWSERS

# Which cluster: sandbox, current (the current kubeconfig context), or none.
cluster=${TEST_CLUSTER:-}
if [ -z "$cluster" ] && [ "$(uname)" = Linux ] && [ "$(id -u)" = 0 ]; then
    cluster=sandbox
elif [ -z "$cluster" ] && go run ./hack/demo -check; then
    cluster=current
fi

case $cluster in
sandbox)
    step "sandbox"
    KUBECONFIG=$(cd hack/sandbox && go run ./cmd/sandbox up --kubeconfig "$PWD/../../.sandbox/kubeconfig")
    export KUBECONFIG
    (cd hack/sandbox && go test -race -count=1 -tags sandbox ./e2e)
    step "all packages, on the sandbox"
    # One package at a time: they share two cores and one cluster, and some of
    # them ask how long something takes.
    go test -race -p 1 -timeout 60m -tags sandbox ./...
    ;;
current)
    step "all packages; end to end on the current context"
    go test -race ./...
    go test -race -timeout 30m -tags e2e ./test/e2e
    # Whoever asks for the current context knows this.
    [ -n "${TEST_CLUSTER:-}" ] || unrun+=("the tests of build, deploy and logs that need the sandbox (root on Linux)")
    ;;
"" | none)
    step "all packages, without a cluster"
    go test -race ./...
    unrun+=("everything that needs a cluster: no root on Linux for the sandbox, and the current context is no local cluster")
    ;;
*)
    echo "TEST_CLUSTER=$cluster: it can be sandbox, current or none" >&2
    exit 1
    ;;
esac

if [ ${#unrun[@]} -gt 0 ]; then
    printf '\nNOT RUN: %s\n' "${unrun[@]}" >&2
    [ "${CI:-}" != true ] || exit 1
fi
printf '\nok, %ss\n' "$SECONDS"
