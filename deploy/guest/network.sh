# shellcheck shell=bash
# The network of these tests: a bridge in one namespace, where the guest is, and a namespace with one
# card on it for each node. The client's address moves between the nodes with the primary role, as a
# cluster manager moves it.

BRIDGE=br0
NETNS=twinlog-$$
SUBNET=10.99.7
GUEST_ADDRESS=$SUBNET.9/24
GUEST_MAC=52:54:00:54:4c:01
SERVICE_ADDRESS=$SUBNET.100

# make_network MTU
make_network() {
  MTU=$1
  NODE_NETNS=$NETNS
  make_namespace "$NETNS"
  ip -n "$NETNS" link add "$BRIDGE" type bridge stp_state 0 forward_delay 0 mcast_snooping 0
  ip -n "$NETNS" link set "$BRIDGE" mtu "$MTU" up
  connect_node alpha 1
  connect_node beta 2
}

connect_node() {
  make_namespace "$NETNS-$1"
  ip -n "$NETNS" link add "$1" mtu "$MTU" type veth peer name eth0 mtu "$MTU" netns "$NETNS-$1"
  ip -n "$NETNS" link set "$1" master "$BRIDGE" up
  ip -n "$NETNS-$1" addr add "$SUBNET.$2/24" dev eth0
  ip -n "$NETNS-$1" link set eth0 up
}

make_namespace() {
  ip netns add "$1"
  ip -n "$1" link set lo up
}

# serve_from NODE: its card answers for the clients' address.
serve_from() {
  local other=alpha
  [ "$1" != alpha ] || other=beta
  ip -n "$NETNS-$other" addr del "$SERVICE_ADDRESS/24" dev eth0 2>/dev/null || true
  ip -n "$NETNS-$1" addr add "$SERVICE_ADDRESS/24" dev eth0
  ip netns exec "$NETNS-$1" arping -q -U -c 2 -w 1 -I eth0 "$SERVICE_ADDRESS" || true
}

remove_network() {
  local name
  for name in "$NETNS" "$NETNS-alpha" "$NETNS-beta"; do
    [ ! -e "/run/netns/$name" ] || ip netns del "$name"
  done
}
