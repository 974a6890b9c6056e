# shellcheck shell=bash
# Builds the project when its sources are newer than the last build from here.

# As old as the sources of that build. No jar tells: Maven leaves a jar alone whose content is the same.
BUILT=$ROOT/deploy/target/built

build() {
  if is_built; then
    return 0
  fi
  say "building (the first time Maven fetches its plugins and libraries)"
  local log=$WORK/build.log
  touch "$WORK/begun"
  (cd "$ROOT" && exec mvn -B -ntp -q -Dmaven.test.skip=true -Dspotless.check.skip=true package) >"$log" 2>&1 </dev/null &
  local pid=$!
  until gone "$pid"; do
    progress "mvn package"
    within 1 gone "$pid" || true
  done
  progress_end
  if ! wait "$pid"; then
    tail -n 40 "$log" >&2
    die "mvn package failed (see above)"
  fi
  built_as_of "$WORK/begun"
  say "built"
}

# built_as_of FILE: notes that a build has succeeded that began when the file was made.
built_as_of() {
  touch -r "$1" "$BUILT"
}

is_built() {
  [ -e "$BUILT" ] && ls "$ROOT"/appliance/target/twinlog-appliance-*.jar >/dev/null 2>&1 || return 1
  local newer
  newer=$(find "$ROOT/pom.xml" "$ROOT"/*/pom.xml "$ROOT"/*/src/main -type f -newer "$BUILT" -print -quit)
  [ -z "$newer" ]
}
