#!/bin/busybox sh
# udhcpc's hook: takes the address it was given.
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip addr flush dev "$interface"
ip addr add "$ip/${mask:-24}" dev "$interface"
[ -z "$router" ] || ip route add default via "${router%% *}"
echo "DROVER-GUEST ADDRESS $ip" >/dev/ttyS0
