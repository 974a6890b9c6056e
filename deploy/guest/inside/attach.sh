# For the other scripts: attaches DEVICE as $JOURNAL, a block device of this kernel.

attach() {
  local kind address port export i
  IFS=: read -r kind address port export <<<"$DEVICE"
  case $kind in
    nbd)
      modprobe nbd nbds_max=1
      JOURNAL=/dev/nbd0
      # nbd-client does not find its way back after a lost connection; nbdkit in between does.
      nbdkit --filter=retry -U /run/nbd nbd uri="nbd://$address:$port/$export" \
        retries=200 retry-delay=1 retry-exponential=no
      # With 4096, mkfs.xfs could not make an external log of its usual sector size.
      nbd-client -unix /run/nbd "$JOURNAL" -b 512
      ;;
    aoe)
      modprobe aoe aoe_iflist=eth0
      JOURNAL=/dev/etherd/e$address
      for ((i = 0; i < 50; i++)); do
        [ ! -b "$JOURNAL" ] || break
        echo >/dev/etherd/discover
        sleep 0.2
      done
      ;;
  esac
  [ -b "$JOURNAL" ] || { echo "no $JOURNAL"; exit 1; }
  echo "attached $JOURNAL: $(blockdev --getsize64 "$JOURNAL") bytes"
}

detach() {
  case $DEVICE in
    nbd:*) nbd-client -d "$JOURNAL" >/dev/null ;;
  esac
}
