#!/usr/bin/env bash
# What a careful person would write in place of setup.sh: builds go through the caches
# of Go and docker, an image is named by its content and brought to the cluster only
# when it is new there, and the release is upgraded, not removed. NAMESPACE as there.
set -euo pipefail
cd "$(dirname "$0")/.."
args=()
for part in app:app model:model-service; do
  folder=${part#*:}
  make -s -C "$folder" bin
  id=$(docker build -q "$folder")
  image=sms-checker/$folder tag=${id:7:12}
  docker tag "$id" "$image:$tag"
  ./experiments/load.sh "$image:$tag"
  args+=(--set "${part%%:*}.image.tag=$tag")
done
helm upgrade sms-checker sms-checker-chart --install --namespace "${NAMESPACE:-sms}" --create-namespace \
  --values values/local.yaml "${args[@]}" --wait --timeout 5m
