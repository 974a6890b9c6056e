# shellcheck shell=bash
# What a resync costs clients, and what it makes of a link that nobody else uses.
#
# Each round is one job against a primary alone: for a while without a resync, then with one, from
# its first block to its last, or for RESYNC_LIMIT seconds of it. fio notes each request and when it
# was answered; what counts for which half is cut out of that by the times of the node's own events.

# A resync under load may take long; the load is measured so long at most.
RESYNC_LIMIT=20

measure_resyncs() {
  local depth round
  fill_device
  twinlog alpha events r0 --json >"$WORK/events" 2>>"$WORK/alpha.log" </dev/null &
  twinlog alpha resync r0 --pause >>"$WORK/alpha.log" || node_failed alpha "could not pause resyncs"
  for depth in $DEPTHS; do
    # The first seconds of a JVM are not what it does for the rest of its life; nor is its first resync.
    progress "warming up, depth $depth"
    begin_resync
    fio_job "$(export_of alpha)" "$depth" 0 "$((PERIOD * 2))" >/dev/null
    end_resync
  done
  for round in $(seq "$ROUNDS"); do
    measure_idle "$round"
    for depth in $DEPTHS; do
      measure_loaded "$depth" "$round"
    done
  done
}

# Zeros would cost a resync nothing.
fill_device() {
  progress "filling the device"
  fio --name=fill --ioengine=nbd --uri="$(export_of alpha)" --rw=write --bs=1m --size="${SIZE_MIB}m" \
    --iodepth=4 --refill_buffers=1 >"$WORK/fill.log" 2>&1 || die "fio could not fill the device"
  twinlog alpha flush r0 >>"$WORK/alpha.log" 2>&1 || node_failed alpha "could not flush"
}

# The peer is told to be filled anew, and waits for it.
begin_resync() {
  JOINED=$(joined)
  twinlog alpha resync r0 >>"$WORK/alpha.log" || node_failed alpha "could not begin a resync"
  await_status alpha 60 '.connection == "connected" and .view.complete and .sync.totalBytes == 0' ||
    node_failed alpha "did not go on alone"
  sleep 1
}

# The waiting resync goes on; sets RESYNC_FROM, when its first block went.
resume_resync() {
  local begun
  begun=$(begun)
  twinlog alpha resync r0 --resume >>"$WORK/alpha.log"
  within 10 more_than "$begun" begun || node_failed alpha "did not begin the resync"
  RESYNC_FROM=$(event_time "$BEGUN")
}

# Waits for the resync's end, and lets the next one wait; sets RESYNC_TO.
end_resync() {
  twinlog alpha resync r0 --resume >>"$WORK/alpha.log"
  within 180 more_than "$JOINED" joined || node_failed alpha "did not end the resync"
  RESYNC_TO=$(event_time "$MEMBERS")
  twinlog alpha resync r0 --pause >>"$WORK/alpha.log"
}

BEGUN='"kind":"resync".*"to":"whole"'
MEMBERS='"kind":"view".*"to":"[0-9]* {alpha[*],beta}"'

begun() {
  grep -c "$BEGUN" "$WORK/events" || true
}

joined() {
  grep -c "$MEMBERS" "$WORK/events" || true
}

# more_than NUMBER COMMAND
more_than() {
  [ "$("$2")" -gt "$1" ]
}

# event_time PATTERN: of the last such event, in milliseconds of the epoch.
event_time() {
  date -d "$(grep "$1" "$WORK/events" | tail -n 1 | jq -r .time)" +%s%3N
}

milliseconds() {
  date +%s%3N
}

# How fast a resync is while no client is there, next to a plain copy over the same interface.
measure_idle() {
  local result
  begin_resync
  resume_resync
  within 180 more_than "$JOINED" joined || node_failed alpha "did not end the resync"
  end_resync
  result=$(jq -nc --argjson round "$1" --argjson load "$(load)" --argjson copy "$(plain_copy)" \
    --argjson rate "$(rate "$((SIZE_MIB * 1048576))")" '{ side: "idle", $round, $rate, $copy, $load }')
  printf '%s\n' "$result" >>"$WORK/results.json"
  say "$(jq -r '"round \(.round), no client: resync \(.rate | round) MiB/s, iperf3 \(.copy | round) MiB/s " +
    "(load average \(.load))"' <<<"$result")"
}

# rate BYTES: MiB/s from RESYNC_FROM to RESYNC_TO.
rate() {
  awk -v bytes="$1" -v ms="$((RESYNC_TO - RESYNC_FROM))" 'BEGIN { printf "%.1f", bytes / 1048.576 / ms }'
}

# The same bytes by one TCP connection, without checksums and without keeping them: MiB/s.
plain_copy() {
  iperf3 --server --one-off --bind "$ADDRESS" --port 10814 >"$WORK/iperf3.log" 2>&1 </dev/null &
  local pid=$!
  within 10 listens 10814 || die "iperf3 did not start"
  iperf3 --client "$ADDRESS" --port 10814 --bytes "${SIZE_MIB}M" --length 128K --json >"$WORK/iperf3.json" ||
    die "iperf3 failed: $(jq -r .error "$WORK/iperf3.json")"
  wait "$pid" || true
  jq '.end.sum_received.bits_per_second / 8 / 1048576' "$WORK/iperf3.json"
}

listens() {
  [ -n "$(ss -Hltn "src $ADDRESS:$1")" ]
}

measure_loaded() {
  local depth=$1 round=$2 pid began quiet load bytes=$((SIZE_MIB * 1048576))
  begin_resync
  rm -f "$WORK"/lat_*.log
  job "$(export_of alpha)" "$depth"
  fio "${JOB[@]}" --runtime=300 --write_lat_log="$WORK/lat" --log_unix_epoch=1 >"$WORK/fio.log" 2>&1 </dev/null &
  pid=$!
  began=$(milliseconds)
  sleep "$((RAMP + PERIOD))"
  quiet=$(milliseconds)
  resume_resync
  within "$RESYNC_LIMIT" more_than "$JOINED" joined || true
  if more_than "$JOINED" joined; then
    RESYNC_TO=$(event_time "$MEMBERS")
  else
    RESYNC_TO=$(milliseconds)
    bytes=$(twinlog alpha status r0 --json | jq '.resources[0].sync.doneBytes')
  fi
  load=$(load)
  # Interrupted, fio writes what it has noted.
  kill -INT "$pid" 2>/dev/null || fio_failed "$(export_of alpha)"
  wait "$pid" || true
  note_half alone "$depth" "$round" "$((began + RAMP * 1000))" "$quiet" 0 "$load"
  note_half resync "$depth" "$round" "$RESYNC_FROM" "$RESYNC_TO" "$(rate "$bytes")" "$load"
  end_resync
}

# note_half SIDE DEPTH ROUND FROM TO RATE LOAD: what clients had from one time to another.
note_half() {
  local result
  awk -F ', ' -v from="$4" -v to="$5" '$1 >= from && $1 < to { print $2 }' "$WORK"/lat_lat.*.log |
    sort -n >"$WORK/window"
  [ -s "$WORK/window" ] || die "fio has noted nothing while it was measured"
  result=$(awk '{ at[NR] = $1 } END { print at[int(NR / 2) + 1], at[int(NR * 99 / 100) + 1], NR }' \
    "$WORK/window" | jq -Rc --arg side "$1" --argjson depth "$2" --argjson round "$3" \
    --argjson ms "$(($5 - $4))" --argjson rate "$6" --argjson load "$7" 'split(" ") | map(tonumber) |
      { $side, $depth, $round, iops: (.[2] * 1000 / $ms), p50: (.[0] / 1000), p99: (.[1] / 1000),
        seconds: ($ms / 1000), $rate, $load }')
  printf '%s\n' "$result" >>"$WORK/results.json"
  say "$(jq -r '"depth \(.depth), round \(.round), \(.side): \(.iops | round) IOPS, p50 \(.p50 | round) us, " +
    "p99 \(.p99 | round) us in \(.seconds) s" + if .side == "resync" then ", \(.rate | round) MiB/s" else "" end +
    " (load average \(.load))"' <<<"$result")"
}

summarize_resyncs() {
  jq -s --argjson machine "$(machine)" --argjson rounds "$ROUNDS" --argjson seconds "$PERIOD" \
    --argjson mib "$SIZE_MIB" "$MEDIAN"'
    def of(s; key): map(select(.side == s) | key) | median;
    def side(s): { iops: of(s; .iops), p50: of(s; .p50), p99: of(s; .p99), rate: of(s; .rate) };
    { $machine, job: { bytes: 4096, $rounds, $seconds, deviceMiB: $mib }, load: (map(.load) | max),
      idle: { rate: of("idle"; .rate), copy: of("idle"; .copy) },
      depths: (map(select(.depth)) | group_by(.depth) | map({ depth: .[0].depth, alone: side("alone"),
        resync: side("resync") } | .ratio = { iops: (.resync.iops / .alone.iops),
        p50: (.resync.p50 / .alone.p50), p99: (.resync.p99 / .alone.p99) })) }' "$WORK/results.json"
}

resync_rows() {
  summarize_resyncs | jq -r '(.depths[] |
    [.depth, "no resync", .alone.iops, .alone.p50, .alone.p99, ""],
    [.depth, "in a resync", .resync.iops, .resync.p50, .resync.p99, .resync.rate],
    [.depth, "ratio", .ratio.iops, .ratio.p50, .ratio.p99, ""]),
    ["", "a resync without clients", "", "", "", .idle.rate],
    ["", "iperf3, one connection", "", "", "", .idle.copy] | @tsv'
}

report_resyncs() {
  case $FORM in
    json) summarize_resyncs ;;
    table)
      {
        printf 'depth\t4 KiB writes, primary alone\tIOPS\tp50 us\tp99 us\tresync MiB/s\n'
        resync_rows | round_rows
      } | plain_table
      summarize_resyncs | jq -r '"load average up to \(.load)"'
      ;;
    markdown)
      {
        printf 'depth\t4 KiB random writes, primary alone\tIOPS\tp50 µs\tp99 µs\tresync MiB/s\n'
        resync_rows | round_rows
      } | markdown_table
      summarize_resyncs | jq -r '"\n" + "Median of \(.job.rounds) rounds: the same load for \(.job.seconds) s, " +
        "then while \(.job.deviceMiB) MiB are filled in; \(.machine), load average up to \(.load)."'
      ;;
  esac
}
