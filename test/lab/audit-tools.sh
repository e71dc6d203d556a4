#!/bin/sh
# Prints the directory that holds ausearch, aureport and auvirt, without installing auditd: the daemon would start
# auditing the machine. On PATH they are used as they are; otherwise Debian's packages are unpacked into the cache, with
# wrappers that find the unpacked libraries. Works for any account; later calls only print.
set -eu

PATH="$PATH:/usr/sbin:/sbin"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/drover"
if command -v ausearch >/dev/null && command -v aureport >/dev/null && command -v auvirt >/dev/null; then
  # Debian has two in sbin and one in bin.
  links="$cache/audit-tools-installed"
  mkdir -p "$links"
  ln -sf "$(command -v ausearch)" "$(command -v aureport)" "$(command -v auvirt)" "$links"
  echo "$links"
  exit 0
fi

home="$cache/audit-tools"
if [ -x "$home/bin/auvirt" ]; then
  echo "$home/bin"
  exit 0
fi

mkdir -p "$cache"
work="$(mktemp -d "$home.XXXXXX")"
trap 'rm -rf "$work"' EXIT
cd "$work"

packages='auditd libauparse0 libaudit1 libcap-ng0'
fetch() {
  apt-get "$@" download $packages >apt.log 2>&1
}
# The account's own package lists, for a machine (or a container) whose lists were never fetched.
fetch_with_own_lists() {
  mkdir -p state/lists/partial cache/archives/partial
  own="-o Dir::State=$work/state -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache=$work/cache"
  apt-get $own -o APT::Sandbox::User= update >apt-update.log 2>&1 && fetch $own
}
if ! fetch -o APT::Sandbox::User= && ! fetch_with_own_lists; then
  echo "fetching the audit tools: apt-get download $packages did not work; install the package auditd" >&2
  cat apt.log >&2
  exit 1
fi

mkdir -p root bin
for package in *.deb; do
  dpkg -x "$package" root
done
for tool in ausearch aureport auvirt; do
  program="$(cd root && find . -type f -name "$tool" -perm -100 | head -n 1 | cut -c3-)"
  if [ -z "$program" ]; then
    echo "fetching the audit tools: this system's packages have no $tool" >&2
    exit 1
  fi
  cat >"bin/$tool" <<END
#!/bin/sh
root="\$(dirname "\$0")/../root"
LD_LIBRARY_PATH="\$(echo "\$root"/lib/*-linux-* "\$root"/usr/lib/*-linux-* | tr ' ' :)" exec "\$root/$program" "\$@"
END
  chmod 755 "bin/$tool"
done
rm -rf ./*.deb state cache apt.log apt-update.log
chmod 755 "$work"
# Another call may have been faster: its result is as good.
mv -T "$work" "$home" 2>/dev/null || [ -x "$home/bin/auvirt" ]
echo "$home/bin"
