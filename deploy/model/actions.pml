/* What the steps of views.pml do, in detail. */

inline send(frameType, writeNumber, content, content2) {
  k = to[1 - i].n;
  to[1 - i].frame[k].type = frameType; to[1 - i].frame[k].view = me.v;
  to[1 - i].frame[k].number = writeNumber;
  to[1 - i].frame[k].is = content; to[1 - i].frame[k].is2 = content2;
  to[1 - i].n++
}

inline takeFrame() {
  type = to[i].frame[0].type; fv = to[i].frame[0].view; fn = to[i].frame[0].number;
  f1 = to[i].frame[0].is; f2 = to[i].frame[0].is2;
  dropFrame(i)
}

inline dropFrame(x) {
  for (k : 1 .. FRAMES) {
    to[x].frame[k - 1].type = (k < FRAMES -> to[x].frame[k % FRAMES].type : 0);
    to[x].frame[k - 1].view = (k < FRAMES -> to[x].frame[k % FRAMES].view : 0);
    to[x].frame[k - 1].number = (k < FRAMES -> to[x].frame[k % FRAMES].number : 0);
    to[x].frame[k - 1].is = (k < FRAMES -> to[x].frame[k % FRAMES].is : 0);
    to[x].frame[k - 1].is2 = (k < FRAMES -> to[x].frame[k % FRAMES].is2 : 0)
  }
  to[x].n--
}

/* RAM changes now, and the client is told. */
inline commitUpTo(upTo, isLogged) {
  do
  :: me.pendings > 0 && me.number < upTo ->
     me.number++;
     w = me.pending[0];
     me.ram[BLOCK(w)] = w;
     me.changed[BLOCK(w)] = me.number;
     if :: !isLogged -> me.dirty = me.dirty | BIT(BLOCK(w)) :: else fi;
     for (a : 1 .. WRITES - 1) { me.pending[a - 1] = me.pending[a] }
     me.pending[WRITES - 1] = 0;
     me.pendings--;
     tell();
     if
     :: me.confirmedByTarget != NONE && link && mayGo -> send(WRITE, me.number, w, 0)
     :: me.confirmedByTarget != NONE && !(link && mayGo) -> me.confirmedByTarget = NONE
     :: else
     fi
  :: else -> break
  od
}

inline drain(x) {
  do :: to[x].n > 0 -> dropFrame(x) :: else -> break od
}

/* The peer is lost, or given up: what it had sent is not heard any more. */
inline closeLink() { link = false; drain(i); me.confirmedByTarget = NONE; me.syncView = 0 }

inline stopBeingPrimary() {
  me.pendings = 0;
  for (a : 0 .. WRITES - 1) { me.pending[a] = 0 }
  me.read = 0; me.readFloor = 0;
  me.taker = false; me.first = false;
  me.logged = 0; me.dirty = 0; me.owed = 0; me.masked = 0; me.wholeCut = 0;
  for (a : 0 .. BLOCKS - 1) { me.logContent[a] = NONE }
  me.confirmedByTarget = NONE;
  me.checkpoint = 0; me.target = 0; me.owedNow = 0; me.unmasking = false;
  me.appendVoid = me.append != 0
}

inline endAttempt() {
  me.attempt = 0; me.surveyed = false;
  me.foundComplete = false; me.foundEnd = 0; me.foundLate = 0;
  for (a : 0 .. BLOCKS - 1) { me.found[a] = 0 }
}

inline becomePrimary() {
  stopBeingPrimary();
  me.taker = true;
  me.logged = me.foundEnd;
  me.owed = me.foundLate;
  me.masked = (broken(MASKS) -> 0 : me.foundLate); /* the one before may still write these in place */
  for (b : 0 .. BLOCKS - 1) {                   /* logged by the other is logged again */
    me.dirty = me.dirty | ((me.changed[b] > me.logged || (view[me.v].complete && (me.foundLate & BIT(b)))) -> BIT(b) : 0)
  }
  me.first = view[me.v].complete && me.dirty == 0;
}

/* A primary with a secondary sends each write at once. */
inline sendPending() {
  for (a : 0 .. WRITES - 1) {
    if
    :: a < me.pendings && link && mayGo ->
       send(WRITE, me.number + a + 1, me.pending[a], 0)
    :: a < me.pendings && link && !mayGo -> link = false
    :: else
    fi
  }
}

/* This node learns the latest chosen view. */
inline adopt() {
  was = isPrimary(i);
  me.v = chosen;
  me.syncView = 0;
  me.confirmedByTarget = NONE;
  if
  :: isPrimary(i) && was ->
     me.first = view[me.v].complete && me.dirty == 0;
     me.read = (me.read == 2 -> 1 : me.read);
     me.appendVoid = me.appendVoid || me.out.cut > view[me.v].base;
     if :: !isPair(me.v) -> closeLink() :: else -> sendPending() fi;
     endAttempt()
  :: isPrimary(i) && !was ->
     if
     :: !me.surveyed -> recover(me.v); me.foundEnd = extent; me.foundLate = late
     :: else
     fi;
     becomePrimary();
     endAttempt()
  :: else ->
     if :: was -> stopBeingPrimary() :: else fi;
     endAttempt()
  fi;
  if
  :: isPair(me.v) && isMember(i, me.v) ->
     me.memberView = me.v;
     assert(me.number == view[me.v].base)
  :: else
  fi
}

#define serves (isPrimary(i) && mayAct)
#define mayAnswerAlone (me.first || !me.taker || broken(TAKER_READS_COMPLETE))
#define mayStage (serves && me.append == 0 && ring[i].n < RING)
#define wantsWhole (me.masked != 0 && me.wholeCut != me.logged)

/* A batch of committed writes: the dirty blocks, with masked ones all that must stay in the log. */
inline stageFromRam() {
  me.out.view = me.v; me.out.cut = me.number; me.out.from = me.logged;
  w = me.dirty;
  if
  :: me.masked != 0 -> w = w | me.masked | me.owed | me.owedNow; me.out.from = published
  :: else
  fi;
  for (b : 0 .. BLOCKS - 1) { me.out.is[b] = ((w & BIT(b)) -> me.ram[b] : NONE) }
  me.dirty = 0;
  me.append = 1; me.appendVoid = false
}

/* A lone primary's group commit: what is pending, laid over RAM. */
inline stagePending() {
  me.out.view = me.v; me.out.from = me.logged; me.out.cut = me.number + me.pendings;
  for (b : 0 .. BLOCKS - 1) { me.out.is[b] = NONE }
  for (k : 0 .. WRITES - 1) {
    if :: k < me.pendings -> me.out.is[BLOCK(me.pending[k])] = me.pending[k] :: else fi
  }
  me.append = 1; me.appendVoid = false
}

inline clearOut() {
  me.append = 0; me.appendVoid = false;
  me.out.view = 0; me.out.from = 0; me.out.cut = 0;
  for (b : 0 .. BLOCKS - 1) { me.out.is[b] = 0 }
}

inline landAppend() {
  n = i;
  k = (ring[i].n > 0 -> ring[i].n - 1 : 0);
  counts(me.v);
  if :: ring[i].n > 0 && !ok -> ring[i].n-- :: else fi;   /* writes over a void batch */
  k = ring[i].n;
  ring[i].batch[k].view = me.out.view;
  ring[i].batch[k].from = me.out.from;
  ring[i].batch[k].cut = me.out.cut;
  for (b : 0 .. BLOCKS - 1) { ring[i].batch[k].is[b] = me.out.is[b] }
  ring[i].n++;
  checkBacking()
}

inline landInPlace() {
  area[me.inPlace] = me.inPlaceContent;
  me.inPlace = NONE; me.inPlaceContent = 0;
  checkBacking()
}

/* The batch is durable and the slots were read after that: it is part of the log. */
inline batchCounts() {
  me.logged = me.out.cut;
  if :: me.out.view == me.v && !isPair(me.v) -> me.first = true :: else fi;
  w = 0;
  for (b : 0 .. BLOCKS - 1) {
    if
    :: me.out.is[b] != NONE -> me.logContent[b] = me.out.is[b]; me.owed = me.owed | BIT(b); w = w | BIT(b)
    :: else
    fi
  }
  if :: (me.masked & ~w) == 0 -> me.wholeCut = me.logged :: else fi;
  clearOut();
  if :: me.number < me.logged -> commitUpTo(me.logged, true) :: else fi
}

/* The ring may begin behind the published checkpoint; a batch that keeps masked blocks stays. */
inline freeRing() {
  do
  :: ring[i].n > 0 && ring[i].batch[0].cut <= me.target &&
     !(me.masked != 0 && !me.unmasking && ring[i].n == 1) && !(ring[i].n > 1 && me.masked != 0 && !me.unmasking && ring[i].batch[1].cut > me.target) ->
     for (k : 1 .. RING - 1) {
       ring[i].batch[k - 1].view = ring[i].batch[k].view;
       ring[i].batch[k - 1].from = ring[i].batch[k].from;
       ring[i].batch[k - 1].cut = ring[i].batch[k].cut;
       for (b : 0 .. BLOCKS - 1) { ring[i].batch[k - 1].is[b] = ring[i].batch[k].is[b] }
     }
     k = RING - 1;
     ring[i].batch[k].view = 0; ring[i].batch[k].from = 0; ring[i].batch[k].cut = 0;
     for (b : 0 .. BLOCKS - 1) { ring[i].batch[k].is[b] = 0 }
     ring[i].n--
  :: else -> break
  od;
  checkBacking()
}

/* A view is chosen: there is one for each number. */
inline choose(p, peerIncarnation, baseNumber, atBirth) {
  if
  :: chosen == me.v ->
     chosen++;
     view[chosen].primary = p;
     view[chosen].member[i] = me.incarnation;
     view[chosen].member[1 - i] = peerIncarnation;
     view[chosen].base = baseNumber;
     view[chosen].complete = atBirth;
     assert(baseNumber >= seen)
  :: else                                       /* the other was first: this node learns that */
  fi;
  adopt();
  checkBacking()
}

#define coveredByRam (me.memberView != 0 && view[me.v].primary == 1 - i && !isPair(me.v) && !ok \
  && view[me.memberView].member[1 - i] == view[me.v].member[1 - i])
#define logHasMasked (((me.masked & 1) == 0 || me.logContent[0] != NONE) \
  && ((me.masked & 2) == 0 || me.logContent[BLOCKS - 1] != NONE))
#define mayLetGo (me.masked != 0 && isPeerGone && logHasMasked)
