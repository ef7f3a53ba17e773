#!/usr/bin/env bash
# picture.sh: records docs/images/terminal.svg from a real run of devloop up on a copy
# of examples/sms-checker. Needs bin/devloop (make build) and a local cluster; installs
# asciinema (Debian's package) where it is missing, and runs svg-term-cli by npx.
set -euo pipefail
cd "$(dirname "$0")/.."
export KUBECONFIG=${KUBECONFIG:-$PWD/.sandbox/kubeconfig}
command -v asciinema >/dev/null || { echo "installing asciinema"; apt-get install -y asciinema >/dev/null; }

# A make above this one would have the recorded make tell of folders.
unset MAKEFLAGS MAKELEVEL

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r examples/sms-checker "$work/"
export DEVLOOP=$PWD/bin/devloop PROJECT=$work/sms-checker

# The person of the recording: waits until the files are live, looks, edits.
cat >"$work/person.sh" <<'PERSON'
ready() { until "$DEVLOOP" wait -f "$PROJECT" >/dev/null 2>&1; do sleep 0.05; done; sleep "$1"; }
cd "$PROJECT"
ready 1.5
sed -i '0,/replicas: 1/s//replicas: 3/' values/local.yaml
ready 1.5
touch app/main.go
sleep 1.2
sed -i '0,/metadata:/s//metadata:\n  annotations: {team: spam}/' sms-checker-chart/templates/services.yaml
ready 1.5
sed -i "s/return \"a link\"/return \"a link, seen at $(date +%T)\"/" app/internal/web/page.go
ready 2.5
kill -INT "$(cat "$PROJECT/../pid")"
PERSON
cat >"$work/session.sh" <<'SESSION'
cd "$PROJECT"
printf '\033[1m~/sms-checker $\033[0m devloop up\n'
bash ../person.sh &
bash -c 'echo $$ >../pid; exec "$DEVLOOP" up'
wait
SESSION

"$DEVLOOP" down -f "$PROJECT" >/dev/null
asciinema rec --quiet --overwrite --cols 150 --rows 46 -c "env TERM=xterm-256color COLORTERM=truecolor bash $work/session.sh" "$work/run.cast"
"$DEVLOOP" down -f "$PROJECT" >/dev/null
# Whoever reads the README shall not see where this was recorded.
sed -i "s|$work/||g" "$work/run.cast"
mkdir -p docs/images
# A second before the end: everything is on it, the footer too, and nobody has to wait.
last=$(tail -n 1 "$work/run.cast" | sed 's/^\[\([0-9]*\)\.\([0-9]\{3\}\).*/\1\2/')
last=$((last - 1000))
npx --yes svg-term-cli@2.1.1 --in "$work/run.cast" --out docs/images/terminal.svg --at "$last" --window --width 150 --height 46 --padding 8
ls -l docs/images/terminal.svg
