# shellcheck shell=bash
# Whether a test run has left something behind. Processes are ours when they carry our mark; mounts
# and loop devices when they are in $WORK; network namespaces when they were not there before.

remember_before() {
  NAMESPACES=$(namespaces)
}

namespaces() {
  ls /run/netns 2>/dev/null || true
}

# Fails, with a line for each, when there is something.
check_leftovers() {
  local found=0 pid item
  # What is on its way out may finish.
  within 5 none_marked || true
  for pid in $(marked); do
    printf 'left behind: process %s: %s\n' "$pid" "$(tr '\0' ' ' <"/proc/$pid/cmdline" | cut -c1-160)"
    found=1
  done
  for item in $(mounts); do
    printf 'left behind: mount %s\n' "$item"
    found=1
  done
  for item in $(loops); do
    printf 'left behind: loop device %s\n' "$item"
    found=1
  done
  for item in $(comm -13 <(printf '%s\n' "$NAMESPACES") <(namespaces)); do
    printf 'left behind: network namespace %s\n' "$item"
    found=1
  done
  return "$found"
}
