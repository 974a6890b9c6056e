# shellcheck shell=bash
# Builds the project where its sources are newer than its jars.

# The jar that is packaged last, and therefore tells how old a build is.
BUILT=$ROOT/deploy/target/twinlog-deploy-0.1.0-SNAPSHOT.jar

build() {
  if is_built; then
    return 0
  fi
  say "building (the first time Maven fetches its plugins and libraries)"
  local log=$WORK/build.log
  : >"$log"
  (cd "$ROOT" && exec mvn -B -ntp -q -DskipTests -Dspotless.check.skip=true package) >"$log" 2>&1 </dev/null &
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
  is_built || die "mvn package ran, but $BUILT is not newer than the sources"
  say "built"
}

is_built() {
  [ -e "$BUILT" ] || return 1
  local newer
  newer=$(find "$ROOT/pom.xml" "$ROOT"/*/pom.xml "$ROOT"/*/src/main -type f -newer "$BUILT" -print -quit)
  [ -z "$newer" ]
}
