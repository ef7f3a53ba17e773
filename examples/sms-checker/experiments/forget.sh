#!/usr/bin/env bash
# Removes the images that setup.sh has just replaced: they have no name any more, and
# a run of hours would fill the disk with them.
set -euo pipefail
for image in sms-checker/app sms-checker/model-service; do
  kept=.${image##*/}.image
  now=$(docker image inspect --format '{{.Id}}' "$image:setup")
  if [[ -f $kept && $(<"$kept") != "$now" ]]; then
    docker image rm "$(<"$kept")" >/dev/null 2>&1 || true # a container may use it
  fi
  echo "$now" >"$kept"
done
