# shellcheck shell=bash
# Both AoE ends, each over a cable of its own into a network namespace: what our target gives a client
# that vblade does not, or the other way around, and how fast a node destages to a vblade.
#
# The client, and the yardstick for destaging, is aoe-load.c, a straightforward initiator in C.

# What is destaged at once, and written by the yardsticks.
DESTAGE_MIB=256

measure_aoe() {
  local mtu round
  compile_load
  make_cables
  start_aoe_pair
  head -c "${DESTAGE_MIB}M" /dev/urandom >"$WORK/bytes"
  for mtu in $MTUS; do
    set_mtu "$mtu"
    warm_up_aoe
    for round in $(seq "$ROUNDS"); do
      measure_targets "$mtu" "$round"
      measure_destage "$mtu" "$round"
      measure_receiving "$mtu" "$round"
    done
  done
}

compile_load() {
  gcc -O2 -o "$WORK/aoe-load" "$ROOT/deploy/bench.d/aoe-load.c" 2>"$WORK/gcc.log" ||
    { cat "$WORK/gcc.log" >&2; die "gcc could not compile aoe-load.c"; }
}

# Two cables into a namespace. The nodes are on our side of both: over CLIENTS they are targets, over
# SHELVES initiators. There beta has an interface and an address of its own, BETAS_SHELVES, as on a
# machine of its own: it would hear each answer to alpha otherwise.
make_cables() {
  local cable
  BENCH_NETNS=twinlog-bench-$$
  ip netns add "$BENCH_NETNS" || die "no network namespaces here"
  for cable in c s; do
    ip link add "tb$cable$$" mtu 9000 type veth peer name "tb$cable$$" mtu 9000 netns "$BENCH_NETNS"
    ip link set "tb$cable$$" up
    ip -n "$BENCH_NETNS" link set "tb$cable$$" up
  done
  CLIENTS=tbc$$
  SHELVES=tbs$$
  BETAS_SHELVES=tbb$$
  ip link add "$BETAS_SHELVES" link "$SHELVES" type macvlan mode private
  ip link set "$BETAS_SHELVES" up
}

# The cables end with their namespace. Called at the end, however it comes.
remove_cables() {
  [ -z "${BENCH_NETNS:-}" ] || ip netns del "$BENCH_NETNS" 2>/dev/null || true
}

far() {
  ip netns exec "$BENCH_NETNS" "$@"
}

# start_vblade NAMESPACE ARGUMENT...: sets VBLADE, its pid; no namespace is ours.
start_vblade() {
  local inside=(ip netns exec "$1")
  [ -n "$1" ] || inside=()
  "${inside[@]}" vblade "${@:2}" >>"$WORK/vblade.log" 2>&1 </dev/null &
  VBLADE=$!
}

# A pair that serves AoE 1.0, destages to AoE 7.0 when it is told to, and has its RAM for that long.
# No file has holes: filling them would count as writing.
start_aoe_pair() {
  head -c "$((SIZE_MIB * 5 + 64))M" /dev/zero >"$WORK/shelf.img"
  head -c "${DESTAGE_MIB}M" /dev/zero | tee "$WORK/yardstick.img" "$WORK/copy.img" >"$WORK/target.img"
  start_vblades
  configure "$SIZE_MIB MiB" "backing { shelves = [\"aoe:$SHELVES/7.0\"] }
    nodes { alpha { aoe = \"$CLIENTS/1.0\" }, beta { aoe = \"$CLIENTS/1.0\" } }
    timing { destage-delay = 10 minutes }"
  sed "s/aoe:$SHELVES/aoe:$BETAS_SHELVES/" "$TWINLOG_CONFIG" >"$WORK/twinlog-beta.conf"
  create_resource
  start_both_nodes
}

# 7.0 is the pair's shelf, 8.0 the yardstick's; both write through. 2.0 is what clients see next to
# the pair, with as many buffers.
start_vblades() {
  start_vblade "$BENCH_NETNS" -s 7 0 "$SHELVES" "$WORK/shelf.img"
  VBLADES=("$VBLADE")
  start_vblade "" -b 64 2 0 "$CLIENTS" "$WORK/target.img"
  VBLADES+=("$VBLADE")
  start_vblade "$BENCH_NETNS" -s 8 0 "$SHELVES" "$WORK/yardstick.img"
  VBLADES+=("$VBLADE")
}

# vblade looks at the MTU when it starts.
set_mtu() {
  local cable
  end "${VBLADES[@]}"
  for cable in "$CLIENTS" "$SHELVES"; do
    ip link set "$cable" mtu "$1"
    ip -n "$BENCH_NETNS" link set "$cable" mtu "$1"
  done
  ip link set "$BETAS_SHELVES" mtu "$1"
  start_vblades
  await_event alpha 30 ' backing .*ok' || node_failed alpha "does not reach its shelf"
}

warm_up_aoe() {
  local depth
  for depth in $DEPTHS; do
    progress "warming up, depth $depth"
    far "$WORK/aoe-load" -d "$depth" -t "$((PERIOD * 2))" "$CLIENTS" 1.0 >/dev/null
    far "$WORK/aoe-load" -r -d "$depth" -t "$PERIOD" "$CLIENTS" 1.0 >/dev/null
  done
  fill_and_flush >/dev/null
}

# The same load for both, in turn.
measure_targets() {
  local depth way option side result
  for depth in $DEPTHS; do
    for way in writes reads; do
      [ "$way" = reads ] && option=-r || option=
      for side in twinlog:1.0 vblade:2.0; do
        # shellcheck disable=SC2086 # no option is no word
        result=$(far "$WORK/aoe-load" $option -d "$depth" -t "$PERIOD" -n "$((DESTAGE_MIB << 20))" \
          "$CLIENTS" "${side#*:}") || die "aoe-load failed against ${side%:*}"
        note "$1" "$2" "4 KiB $way, depth $depth, IOPS" "${side%:*}" "$(jq '.requests / .seconds' <<<"$result")"
        note "$1" "$2" "4 KiB $way, depth $depth, p99 us" "${side%:*}" "$(jq .p99 <<<"$result")"
      done
    done
  done
}

# The same bytes to a shelf: by a node, by aoe-load, and into a file where the vblade is.
measure_destage() {
  local rate
  note "$1" "$2" "destage, MiB/s" twinlog "$(fill_and_flush)"
  rate=$(wire_rate "$WORK/aoe-load" -s -n "$((DESTAGE_MIB << 20))" "$SHELVES" 8.0)
  note "$1" "$2" "destage, MiB/s" aoe-load "$rate"
  rate=$(LC_ALL=C dd if="$WORK/bytes" of="$WORK/copy.img" bs=1M conv=notrunc,fsync 2>&1 |
    awk -v mib="$DESTAGE_MIB" '/copied/ { sub(/.*copied, /, ""); print mib / $1 }')
  note "$1" "$2" "destage, MiB/s" dd "$rate"
}

# Makes the whole device dirty and destages it: MiB/s.
fill_and_flush() {
  fio --name=fill --ioengine=nbd --uri="$(export_of alpha)" --rw=write --bs=1m --size="${SIZE_MIB}m" \
    --iodepth=4 --refill_buffers=1 >"$WORK/fill.log" 2>&1 || die "fio could not fill the device"
  wire_rate twinlog alpha flush r0
  # What is in the log now goes to the data area, too: not while something else is measured.
  await_status alpha 120 '.backing.checkpointNumber == .backing.loggedNumber' ||
    node_failed alpha "did not end its checkpoint"
}

# wire_rate COMMAND...: MiB/s that go out to the shelves, of what the command has destaged: from a
# twentieth of it to the last but one, so that what comes before and after does not count.
wire_rate() {
  local begun pid from to bytes=$((DESTAGE_MIB << 20))
  read -r begun <"/sys/class/net/$SHELVES/statistics/tx_bytes"
  "$@" >>"$WORK/wire.log" 2>&1 &
  pid=$!
  from=$(sent_at "$((begun + bytes / 20))" "$pid") || die "nothing goes out: $(tail -n 1 "$WORK/wire.log")"
  to=$(sent_at "$((begun + bytes / 20 * 19))" "$pid") || die "it ended early: $(tail -n 1 "$WORK/wire.log")"
  wait "$pid" || die "failed: $* ($(tail -n 1 "$WORK/wire.log"))"
  awk -v mib="$DESTAGE_MIB" -v us="$((to - from))" 'BEGIN { print mib * 0.9 * 1000000 / us }'
}

# sent_at BYTES PID: the time in microseconds when the counter of what was sent gets there. Nothing is
# started meanwhile, so that looking costs little.
sent_at() {
  local sent pause
  exec {pause}<> <(:)
  while true; do
    read -r sent <"/sys/class/net/$SHELVES/statistics/tx_bytes"
    if [ "$sent" -ge "$1" ]; then
      printf '%s' "${EPOCHREALTIME/[.,]/}"
      return 0
    fi
    [ -d "/proc/$2" ] || return 1
    read -r -t 0.003 -u "$pause" || true
  done
}

# recvmmsg and sendmmsg, as Twinlog uses them, next to memory shared with the kernel (PACKET_MMAP). What
# processors do for it is reckoned at both ends: a ring's copy is made by whoever sends.
measure_receiving() {
  local way option mode result ticks
  for way in writes reads; do
    [ "$way" = reads ] && option=-rs || option=-s
    for mode in ring:-m mmsg:; do
      ticks=$(ticks "$VBLADE")
      # shellcheck disable=SC2086 # no option is no word
      result=$("$WORK/aoe-load" $option ${mode#*:} -n "$((DESTAGE_MIB << 20))" "$SHELVES" 8.0) ||
        die "aoe-load failed against vblade"
      ticks=$(($(ticks "$VBLADE") - ticks))
      note "$1" "$2" "sequential $way, MiB/s" "${mode%:*}" "$(jq '.bytes / 1048576 / .seconds' <<<"$result")"
      note "$1" "$2" "sequential $way, MiB per second of processor" "${mode%:*}" \
        "$(jq --argjson ticks "$ticks" --argjson hertz "$(getconf CLK_TCK)" \
          '.bytes / 1048576 / (.cpu + $ticks / $hertz)' <<<"$result")"
    done
  done
}

# What processors have done for a process. Its name has no spaces.
ticks() {
  awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# note MTU ROUND WHAT SIDE VALUE
note() {
  jq -nc --argjson mtu "$1" --argjson round "$2" --arg what "$3" --arg side "$4" --argjson value "$5" \
    --argjson load "$(load)" '{ $mtu, $round, $what, $side, $value, $load }' >>"$WORK/results.json"
  say "$(printf 'MTU %s, round %s, %s: %s %.0f (load average %s)' "$1" "$2" "$3" "$4" "$5" "$(load)")"
}

# Each of ours next to what it is compared with.
summarize_aoe() {
  jq -s --argjson machine "$(machine)" --argjson rounds "$ROUNDS" --argjson seconds "$PERIOD" "$MEDIAN"'
    . as $all | def of($mtu; $what; $side): [$all[] | select(.mtu == $mtu and .what == $what and .side == $side)
      | .value] | median;
    [["twinlog", "vblade"], ["twinlog", "aoe-load"], ["twinlog", "dd"], ["ring", "mmsg"]] as $pairs |
    { $machine, job: { $rounds, $seconds }, load: (map(.load) | max), rows: [
      (map(.mtu) | unique | reverse)[] as $mtu | (reduce $all[].what as $w ([]; if index($w) then . else . + [$w] end))[]
        as $what | $pairs[] as [$one, $other] | of($mtu; $what; $one) as $a | of($mtu; $what; $other) as $b |
      select($a != null and $b != null) |
      { $mtu, $what, $one, $other, ones: $a, others: $b, ratio: ($a / $b) }] }' "$WORK/results.json"
}

aoe_table() {
  printf 'MTU\twhat\tone\tother\tone\tother\tratio\n'
  summarize_aoe | jq -r '.rows[] | [.mtu, .what, .one, .other, (.ones | round), (.others | round),
    (.ratio * 100 | round / 100)] | @tsv'
}

report_aoe() {
  case $FORM in
    json) summarize_aoe ;;
    table)
      aoe_table | plain_table
      summarize_aoe | jq -r '"load average up to \(.load)"'
      ;;
    markdown)
      aoe_table | markdown_table
      summarize_aoe | jq -r '"\n" + "Median of \(.job.rounds) rounds, of \(.job.seconds) s where it is time; " +
        "\(.machine), load average up to \(.load)."'
      ;;
  esac
}
