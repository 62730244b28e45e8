#!/bin/sh
# What Neutron's L3 agent would have made at this boot: a router, a client outside and a server behind it. Their packets are
# real. A router is qrouter-ID, its networks are the ends of cables. `routers.sh ID SUFFIX` makes another one beside the first,
# with namespaces outsideSUFFIX and serverSUFFIX, and the same addresses.
set -eu
id=${1:-a5cf95d6-a37c-47ac-8fc6-dedd015b8edb} outside=outside${2:-} server=server${2:-}
router=qrouter-$id
for namespace in "$router" "$outside" "$server"; do
  ip netns delete "$namespace" 2>/dev/null || true
  ip netns add "$namespace"; ip -n "$namespace" link set lo up
done
ip netns exec "$router" sysctl -qw net.ipv4.ip_forward=1
connect() { # NAME ADDRESS NAMESPACE ADDRESS
  ip -n "$router" link add "$1" type veth peer name eth0 netns "$3"
  ip -n "$router" address add "$2" dev "$1"
  ip -n "$3" address add "$4" dev eth0
  ip -n "$router" link set "$1" up
  ip -n "$3" link set eth0 up
}
connect qg-0a1b2c3d-4e 203.0.113.10/24 "$outside" 203.0.113.2/24
connect qr-5f6a7b8c-9d 10.20.0.1/24 "$server" 10.20.0.51/24
ip -n "$router" route add default via 203.0.113.2
ip -n "$server" route add default via 10.20.0.1
