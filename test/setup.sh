#!/bin/bash
# setup.sh [node|lab|test|bench]...: makes sure that what these need is installed; says nothing when all is there.
#
# Debian packages are installed as root or by sudo without a password; otherwise one message says which are missing.
# None of them starts a daemon (libvirt-daemon-system would, so it stays out).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

lab_packages=(libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients qemu-system-x86 qemu-utils ipxe-qemu seabios
  busybox-static kmod mtools syslinux xorriso)
test_packages=("${lab_packages[@]}" ansible-core chromium python3-libvirt)
bench_packages=("${lab_packages[@]}" ansible-core python3-libvirt)

# The oldest Node that runs TypeScript without a flag or a warning.
oldest_node=24.12.0

main() {
  local kind
  for kind in "$@"; do
    case $kind in
    node) install_node_modules ;;
    lab) install_packages "${lab_packages[@]}" ;;
    test)
      install_packages "${test_packages[@]}"
      sh test/lab/audit-tools.sh >/dev/null
      ;;
    bench) install_packages "${bench_packages[@]}" ;;
    *)
      echo "setup.sh: $kind is none of node, lab, test, bench" >&2
      exit 2
      ;;
    esac
  done
}

# `npm install`, not `npm ci`: that refuses where a mirror lacks a package for some other platform.
install_node_modules() {
  mkdir -p node_modules
  exec 9>node_modules/.drover.lock
  flock 9
  if [ "$(cat node_modules/.drover.installed 2>/dev/null)" != "$(manifest_hash)" ]; then
    command -v npm >/dev/null || install_packages npm
    npm install --no-audit --no-fund --include=dev --loglevel=error </dev/null >&2
    check_node
    manifest_hash >node_modules/.drover.installed
  fi
  exec 9>&-
}

manifest_hash() {
  cat package.json package-lock.json | sha256sum
}

check_node() {
  local version
  version=$(node_modules/.bin/node --version) || version=none
  if ! printf '%s\n' "$oldest_node" "${version#v}" | sort --version-sort --check=quiet; then
    echo "node_modules/.bin/node is $version; Drover needs $oldest_node or newer: remove node_modules and try again" >&2
    exit 1
  fi
}

install_packages() {
  local missing as_root=()
  missing=$(missing_of "$@")
  [ -n "$missing" ] || return 0
  local apt=(apt-get -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends)
  if [ "$(id -u)" != 0 ]; then as_root=(sudo -n); fi
  if ! command -v apt-get >/dev/null || ! "${as_root[@]}" true 2>/dev/null; then
    # shellcheck disable=SC2086  # one word a package
    echo "Debian packages are missing; install them with:" $'\n ' sudo apt-get install --no-install-recommends $missing >&2
    exit 1
  fi
  apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "${apt[@]}")
  {
    "${apt[@]}" update
    # shellcheck disable=SC2086
    "${apt[@]}" install $missing
  } </dev/null >&2
}

# Prints those of the packages that are not installed.
missing_of() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^ii  *//p') || true
  printf '%s\n' "$@" | grep -vxF "$installed" | tr '\n' ' ' || true
}

main "$@"
