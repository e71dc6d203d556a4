#!/bin/bash
# warden.sh BASE: waits until its standard input closes, then ends every process of the lab in BASE and removes BASE.
#
# The other end of the pipe is held by the test process, so the lab goes away with it however it dies. Processes are
# found by the pid files under BASE and checked by their command line, so a pid that was used again is left alone.
set -u
base=$1
cat >/dev/null

pids_of_lab() {
  local file pid
  find "$base/run" "$base/config" -name '*.pid*' -type f 2>/dev/null | while read -r file; do
    pid=$(tr -dc 0-9 <"$file")
    if tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$base"; then echo "$pid"; fi
  done 2>/dev/null
}

# libvirtd may have been about to start a guest: look again until nothing is left.
for _ in $(seq 50); do
  pids=$(pids_of_lab)
  [ -n "$pids" ] || break
  # shellcheck disable=SC2086  # one word a pid
  kill -KILL $pids 2>/dev/null
  sleep 0.05
done
rm -rf "$base"
