# shellcheck shell=bash
# What the benchmark compares with: qemu-nbd, which sends each write to two 'nbdkit memory' and
# confirms it when both have.

# start_quorum: sets QUORUM_URI.
start_quorum() {
  local options child
  QUORUM_URI=nbd://$ADDRESS:10811/r0
  options=driver=quorum,vote-threshold=2
  for child in 0 1; do
    start_copy "$child"
    options+=,children.$child.driver=nbd,$(copy_options "$child")
  done
  # Persistent, and for more than one client: fio connects twice.
  qemu-nbd --persistent --shared=8 --bind="$ADDRESS" --port=10811 --export-name=r0 --image-opts \
    "$options" >"$WORK/qemu-nbd.log" 2>&1 </dev/null &
  within 10 serves "$QUORUM_URI" || { cat "$WORK/qemu-nbd.log" >&2; die "qemu-nbd did not start"; }
}

start_copy() {
  local where=(--unix "$WORK/copy$1.sock")
  [ "$CHILDREN" = unix ] || where=(--ipaddr "$ADDRESS" --port "$((10812 + $1))")
  nbdkit --foreground "${where[@]}" memory "${SIZE_MIB}M" >"$WORK/copy$1.log" 2>&1 </dev/null &
  within 10 serves "$(copy_uri "$1")" || { cat "$WORK/copy$1.log" >&2; die "nbdkit did not start"; }
}

copy_uri() {
  case $CHILDREN in
    unix) printf 'nbd+unix:///?socket=%s' "$WORK/copy$1.sock" ;;
    tcp) printf 'nbd://%s:%s' "$ADDRESS" "$((10812 + $1))" ;;
  esac
}

copy_options() {
  case $CHILDREN in
    unix) printf 'children.%s.server.type=unix,children.%s.server.path=%s' "$1" "$1" "$WORK/copy$1.sock" ;;
    tcp)
      printf 'children.%s.server.type=inet,children.%s.server.host=%s,children.%s.server.port=%s' \
        "$1" "$1" "$ADDRESS" "$1" "$((10812 + $1))"
      ;;
  esac
}

serves() {
  nbdinfo --size "$1" >/dev/null 2>&1
}
