# shellcheck shell=bash
# A pair of nodes, alpha and beta, with one resource r0 in $WORK.

# Both copies hold every acknowledged write.
both_up_to_date='.copy == "up-to-date" and .peer.copy == "up-to-date" and (.view.members | length) == 2'

TWINLOG=$ROOT/deploy/bin/twinlog
ADDRESS=127.0.0.1
# When set, each node runs in the network namespace of this name, a hyphen and its own name.
NODE_NETNS=

# An address of the loopback network that nobody else is likely to use, so that ports need not be
# searched for: 127.x.y.1 from the number of this process.
own_address() {
  ADDRESS=127.$((16 + ($$ >> 8) % 100)).$(($$ % 256)).1
}

# configure SIZE [LINE]: writes the configuration; LINE goes into the resource's block.
configure() {
  export TWINLOG_CONFIG=$WORK/twinlog.conf
  head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$WORK/secret"
  chmod 600 "$WORK/secret"
  cat >"$TWINLOG_CONFIG" <<END
resource r0 {
  size = $1
  backing { shelves = ["file:$WORK/r0.img"] }
  nodes {
    alpha { peer = "$ADDRESS:7788", nbd = "$ADDRESS:10809" }
    beta  { peer = "$ADDRESS:7789", nbd = "$ADDRESS:10810" }
  }
  secret-file = $WORK/secret
  ${2:-}
}
END
}

# twinlog NODE VERB...: asks a node.
twinlog() {
  local node=$1
  shift
  "$TWINLOG" "$@" --node "$node" --run-dir "$WORK/run-$node"
}

# export_of NODE: where it serves NBD.
export_of() {
  case $1 in
    alpha) printf 'nbd://%s:10809/r0' "$ADDRESS" ;;
    beta) printf 'nbd://%s:10810/r0' "$ADDRESS" ;;
  esac
}

# start_node NODE: starts it in the background, with the file twinlog-NODE.conf if there is one; sets
# NODE_PID.
start_node() {
  local within_namespace=() config=$WORK/twinlog-$1.conf
  [ -e "$config" ] || config=$TWINLOG_CONFIG
  [ -z "$NODE_NETNS" ] || within_namespace=(ip netns exec "$NODE_NETNS-$1")
  rm -f "$WORK/run-$1/admin.sock"
  "${within_namespace[@]}" "$TWINLOG" node --config "$config" --node "$1" --run-dir "$WORK/run-$1" >>"$WORK/$1.log" 2>&1 </dev/null &
  NODE_PID=$!
}

# await_node NODE PID: waits until it answers.
await_node() {
  within 90 answers_or_ended "$1" "$2" && ! gone "$2" || node_failed "$1" "did not start"
}

# start_both_nodes: alpha as primary and beta as secondary, up-to-date; sets ALPHA and BETA, their pids.
start_both_nodes() {
  start_node alpha
  ALPHA=$NODE_PID
  start_node beta
  BETA=$NODE_PID
  await_node alpha "$ALPHA"
  await_node beta "$BETA"
  await_event alpha 30 ' connection (.*-> )?connected' || node_failed alpha "did not find its peer"
  twinlog alpha promote r0 >>"$WORK/alpha.log" 2>&1 || node_failed alpha "could not be promoted"
  await_status alpha 60 "$both_up_to_date" || node_failed beta "did not become up-to-date"
}

answers_or_ended() {
  gone "$2" || [ -S "$WORK/run-$1/admin.sock" ]
}

node_failed() {
  tail -n 20 "$WORK/$1.log" >&2
  die "node $1 $2 (its last lines are above)"
}

# await_event NODE SECONDS PATTERN: waits until a line of `twinlog events` matches. The first lines
# are the present state, so what has already happened counts as well. By way of a file: bash 5.2 can
# crash, and skip its EXIT trap, when a trap exits from inside of its own `read`.
await_event() {
  local lines=$WORK/events-$1 pid status=0
  : >"$lines"
  twinlog "$1" events r0 >"$lines" 2>&1 </dev/null &
  pid=$!
  within "$2" matches_or_ended "$3" "$lines" "$pid" && grep -qE "$3" "$lines" || status=1
  end "$pid"
  return "$status"
}

matches_or_ended() {
  grep -qE "$1" "$2" || gone "$3"
}

# await_status NODE SECONDS JQ-CONDITION: waits until it holds, watching one stream of states.
await_status() {
  local deadline=$((SECONDS + $2))
  until twinlog "$1" status r0 --json 2>/dev/null | jq -e ".resources[0] | $3" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
  done
}
