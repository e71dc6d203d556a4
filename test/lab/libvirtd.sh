#!/bin/bash
# libvirtd.sh BASE: becomes a session libvirtd whose whole world is BASE (laid out by libvirtd.ts).
#
# As root it drops to `nobody`: libvirtd decides by its uid between the system's paths and XDG_*. Where namespaces are
# allowed it also hides /dev/kvm (libvirt would prefer it, and re-probe QEMU on every call where it cannot be opened)
# and takes a hostname with a dot, which libvirt never asks a name server for (an unknown one can stall calls for 5 s).
set -eu
base=$1

libvirtd=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$base/home" XDG_RUNTIME_DIR="$base/run"
  XDG_CONFIG_HOME="$base/config" XDG_CACHE_HOME="$base/cache" XDG_DATA_HOME="$base/data"
  libvirtd --config "$base/config/libvirt/libvirtd.conf")
namespaces=(unshare --mount --uts)
if [ "$(id -u)" = 0 ]; then
  drop=(setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups)
else
  namespaces+=(--map-current-user --keep-caps)
  drop=(setpriv --inh-caps=-all --ambient-caps=-all --bounding-set=-all)
fi

# shellcheck disable=SC2016  # expanded inside the namespaces
hide='if [ -e /dev/kvm ]; then mount --bind "$0/no-kvm" /dev/kvm; fi; hostname drover-lab.test; exec "$@"'
if "${namespaces[@]}" sh -ec "$hide" "$base" true 2>/dev/null; then
  exec "${namespaces[@]}" sh -ec "$hide" "$base" "${drop[@]}" "${libvirtd[@]}"
elif [ "$(id -u)" = 0 ]; then
  exec "${drop[@]}" "${libvirtd[@]}"
else
  exec "${libvirtd[@]}"
fi
