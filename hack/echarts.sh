#!/usr/bin/env bash
# echarts.sh: fetches Apache ECharts (Apache-2.0) from npm and keeps what the reports
# of experiments embed: the library, compressed, and its licence and notice.
set -euo pipefail
cd "$(dirname "$0")/../internal/experiment/page/assets"
version=5.6.0
integrity=sha512-oTbVTsXfKuEhxftHqL5xprgLoc0k7uScAwtryCgWF6hPYFLRwOUHiFmHGCBKP5NPFNkDVopOieyUqYGH8Fa3kA==

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "echarts@$version" >/dev/null)
archive=$work/echarts-$version.tgz
got=sha512-$(openssl dgst -sha512 -binary "$archive" | base64 -w0)
[ "$got" = "$integrity" ] || { echo "echarts $version has the checksum $got, not $integrity" >&2; exit 1; }
tar xzf "$archive" -C "$work"
gzip -9nc "$work/package/dist/echarts.min.js" >echarts.min.js.gz
{ cat "$work/package/NOTICE"; printf '\n'; cat "$work/package/LICENSE"; } >LICENSE.echarts.txt
ls -l
