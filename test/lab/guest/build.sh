#!/bin/bash
# build.sh IMAGE: makes the test guest's disk from Debian packages alone: no root, no loop device, no mount.
#
# A FAT file system without a partition table: syslinux in its boot sector loads Debian's cloud kernel and an initramfs
# of busybox, some modules and the guest agent. One builder at a time; IMAGE appears whole or not at all.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
image=$1
exec 9>"$image.lock"
flock 9
[ ! -e "$image" ] || exit 0
rm -rf "$image".work.* # of a builder that was killed: whoever holds the lock is the only one
work=$(mktemp -d "$image.work.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

applets=(acpid cat cut dd hostname insmod ip mount poweroff reboot sed sh sleep udhcpc umount)
modules=(virtio_pci virtio_blk virtio_scsi ata_piix sr_mod isofs virtio_net virtio_console virtio_rng virtio_balloon
  button evdev)
# What costs seconds under emulation and proves nothing here: self-tests, randomised addresses, calibration, mitigations.
append="console=ttyS0 quiet nokaslr mitigations=off tsc=reliable no_timer_check lpj=2000000 cryptomgr.notests
  random.trust_cpu=on 8250.nr_uarts=1 panic=1 scsi_mod.scan=sync"

# fetch [option]...: apt's options say whose package lists.
fetch() {
  kernel=$(apt-cache "$@" depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-.*-cloud-amd64\)$/\1/p')
  [ -n "$kernel" ] && apt-get -qq -o APT::Sandbox::User=root "$@" download "$kernel" qemu-guest-agent >&2
}
# Where the machine's lists are missing or too old, lists of our own: that needs no root either.
if ! fetch 2>/dev/null; then
  mkdir -p apt/lists/partial apt/archives/partial
  own=(-o "Dir::State=$work/apt" -o Dir::State::status=/var/lib/dpkg/status -o "Dir::Cache=$work/apt")
  apt-get -qq -o APT::Sandbox::User=root "${own[@]}" update >&2
  if ! fetch "${own[@]}"; then
    echo "fetching linux-image-cloud-amd64 and qemu-guest-agent: apt-get could not download them" >&2
    exit 1
  fi
fi
version=${kernel#linux-image-}
for package in ./*.deb; do dpkg -x "$package" packages; done
/sbin/depmod -b packages "$version"

mkdir -p root/{bin,dev,etc/acpi/PWRF,lib,modules,proc,run,sbin,seed,sys}
cp /bin/busybox root/bin/
ln -s lib root/lib64 # the loader is looked for in /lib64, libraries in /lib
for applet in "${applets[@]}"; do ln -s busybox "root/bin/$applet"; done
install -m 755 "$here/init" root/init
install -m 755 "$here/shutdown" root/sbin/shutdown
install -m 755 "$here/dhcp.sh" root/etc/dhcp.sh
ln -s /sbin/shutdown root/etc/acpi/PWRF/00000080

number=100
for module in "${modules[@]}"; do
  while read -r _ file; do
    compgen -G "root/modules/*-${file##*/}" >/dev/null || cp "$file" "root/modules/$((number++))-${file##*/}"
  done < <(/sbin/modprobe --dirname packages --set-version "$version" --show-depends "$module" | grep '^insmod')
done

# The agent's libraries are those of this machine: QEMU itself needs them too.
cp packages/usr/sbin/qemu-ga root/bin/
ldd root/bin/qemu-ga | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p; s/^\t\(\/lib64[^ ]*\) .*/\1/p' | xargs -I{} cp -L {} root/lib/

(cd root && find . | sort | busybox cpio -o -H newc -R 0:0 2>/dev/null) >initramfs
cp "packages/boot/vmlinuz-$version" vmlinuz
printf 'DEFAULT guest\nPROMPT 0\nLABEL guest\nLINUX vmlinuz\nINITRD initramfs\nAPPEND %s\n' "$(echo $append)" >syslinux.cfg

truncate -s 40M disk
mformat -i disk -h 16 -s 63 -t 80 -H 0 ::
mcopy -i disk vmlinuz initramfs syslinux.cfg ::
syslinux --install disk
qemu-img convert -O qcow2 disk disk.qcow2
mv disk.qcow2 "$image"
