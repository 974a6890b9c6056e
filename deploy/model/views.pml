/*
 * Twinlog's rules of safety, for the model checker spin: views, marks, log, checkpoint, masks and
 * acknowledgement (design, sections 3 and 4), read beside that text. deploy/model/check runs it.
 *
 * Two nodes and one backing. A write is a number other than 0; BLOCK says which block it overwrites.
 * Each arm of the loop below is one step: a sector or a batch written, the slots read, a frame taken in.
 * Any node may rest for as long as it likes before any of its steps, its backing I/O included: pauses,
 * slow links and late I/O need no steps of their own. Either side may take its peer for lost at any
 * time, as no promise rests on a clock.
 *
 * Left out: how Disk Paxos chooses (here a view is chosen in one step), torn records (a batch is there
 * or not) and a ring that is reused while it is read (reading the log is one step), several shelves,
 * orderly stop, --accept-loss.
 *
 * state.pml says what there is, promise.pml what is checked, actions.pml how a step is carried out.
 * -DBREAK=x takes rule x away, and `check` sees that spin then finds the promise broken.
 */
#ifndef WRITES
#define WRITES 2
#endif
#ifndef VIEWS
#define VIEWS 3
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef READS
#define READS 1
#endif
#ifndef RESYNCS
#define RESYNCS 1
#endif
#ifndef BLOCKS
#define BLOCKS 1
#endif
/* The rules that can be broken, one at a time: -DBREAK=name. */
#ifndef BREAK
#define BREAK 0
#endif
#define broken(rule) (BREAK == rule)
#define ACKNOWLEDGE_AFTER_CONFIRM 1   /* rule 4 */
#define COMMIT_BEFORE_RAM         2   /* section 2: RAM is a committed prefix */
#define READ_BARRIER              3   /* rule 4 */
#define FREEZE                    4   /* rule 2 */
#define SLOT_READ_ALONE           5   /* rule 5 */
#define DIRTY_SET_FIRST           6   /* rule 5 */
#define TAKER_READS_COMPLETE      7   /* rule 5 */
#define INCARNATION               8   /* a restarted process is another */
#define RESYNC_FROM_COMPLETE      9   /* rejoin */
#define REJOIN_AFTER_CONFIRM     10   /* rejoin */
#define MARK_BEFORE_READING      11   /* changing the view, 1 */
#define VOID_BATCHES             12   /* what counts */
#define LOG_BEFORE_CHECKPOINT    13   /* checkpoint */
#define SLOT_READ_CONNECTED      14   /* checkpoint */
#define PUBLISH_AFTER_WRITING    15   /* checkpoint */
#define MASKS                    16   /* late in-place writes */
#define REWRITE_MASKED           17   /* late in-place writes */

#define RING 3                        /* batches that a ring has room for */
#define FRAMES 2                      /* frames under way in a direction */
#define NONE 255
#define NOTHING 254
#define BLOCK(write) ((write) % BLOCKS)
#define BIT(block) (1 << (block))

#include "state.pml"
#include "promise.pml"
#include "actions.pml"

proctype Run(byte i) {
end:
  do
  /* -- Client requests at the primary. -- */
  :: d_step { isPrimary(i) && nextWrite <= WRITES && (!isPair(me.v) || !link || mayGo) ->
       me.pending[me.pendings] = nextWrite; nextWrite++; me.pendings++;
       if
       :: isPair(me.v) && link && mark[i] <= me.v ->
          send(WRITE, me.number + me.pendings, me.pending[me.pendings - 1], 0)
       :: else
       fi;
       w = me.pending[me.pendings - 1];
       if :: broken(COMMIT_BEFORE_RAM) -> me.ram[BLOCK(w)] = w :: else fi;
       if
       :: broken(ACKNOWLEDGE_AFTER_CONFIRM) && isPair(me.v) && mayAct ->
          commitUpTo(me.number + me.pendings, false)
       :: else
       fi;
       skip }

  :: d_step { isPrimary(i) && me.read == 0 && reads < READS && (!isPair(me.v) || !link || mayGo) ->
       reads++; me.read = 1; me.readFloor = seen;
       if :: isPair(me.v) && link -> send(BARRIER, 0, 0, 0) :: else fi;
       skip }

  :: d_step { serves && me.read == 1 && ((!isPair(me.v) && mayAnswerAlone && slotsClear) ||
       (isPair(me.v) && broken(READ_BARRIER))) -> me.read = 2 }

  :: d_step { serves && me.read == 2 ->
       assert(me.number >= me.readFloor); me.read = 0; me.readFloor = 0; tell() }

  /* -- The link. -- */
  :: d_step { me.up && to[i].n > 0 && to[i].frame[0].type == CONFIRM ->
       takeFrame();
       if
       :: serves && fv == me.v && isPair(me.v) ->
          commitUpTo(fn, false);
          if :: f1 == 1 && me.read == 1 -> me.read = 2 :: else fi
       :: isPrimary(i) && fv == me.v && !isPair(me.v) && me.confirmedByTarget != NONE ->
          me.confirmedByTarget = fn
       :: else
       fi;
       skip }

  :: d_step { me.up && to[i].n > 0 && to[i].frame[0].type != CONFIRM && mayGo ->
       takeFrame();
       if :: fv > me.v -> adopt() :: else fi;   /* a view is announced before its frames */
       if
       :: type == COPY && me.syncView == fv && me.syncView == me.v ->
          me.number = fn; me.ram[0] = f1; me.ram[BLOCKS - 1] = f2;
          for (b : 0 .. BLOCKS - 1) { me.changed[b] = fn }
       :: type == WRITE && fn == me.number + 1 && me.syncView != 0 && me.syncView == fv ||
          type == WRITE && fn == me.number + 1 && fv == me.v && isMember(i, me.v) && mayAct && !isPrimary(i) ->
          me.number++; me.ram[BLOCK(f1)] = f1; me.changed[BLOCK(f1)] = me.number
       :: else
       fi;
       if
       :: link && mayAct && !isPrimary(i) -> send(CONFIRM, me.number, type == BARRIER, 0)
       :: else
       fi;
       skip }

  /* -- Views: mark first, then read, then have it chosen (rules 1 to 3). -- */
  :: d_step { me.up && me.attempt == 0 && chosen > me.v -> adopt() }

  :: d_step { isPrimary(i) && me.attempt == 0 && me.v < VIEWS && (isPair(me.v) || !slotsClear) ->
       mark[i] = me.v + 1; me.attempt = ALONE; closeLink() }

  :: d_step { isPrimary(i) && me.attempt == 0 && me.v < VIEWS && isPair(me.v) && link && mark[i] <= me.v &&
       me.pendings == 0 && me.read == 0 && me.append == 0 && me.inPlace == NONE && me.checkpoint != 1 ->
       mark[i] = me.v + 1; me.attempt = SWITCHOVER }

  :: d_step { isPrimary(i) && me.attempt == 0 && me.v < VIEWS && mark[i] <= me.v && link && me.append == 0 &&
       (me.confirmedByTarget == me.number || (broken(REJOIN_AFTER_CONFIRM) && me.confirmedByTarget != NONE)) ->
       mark[i] = me.v + 1; me.attempt = REJOIN }

  :: d_step { me.up && me.attempt == 0 && !isPrimary(i) && me.v < VIEWS ->
       me.attempt = TAKEOVER; closeLink();
       if :: !broken(MARK_BEFORE_READING) -> mark[i] = me.v + 1 :: else fi;
       skip }

  /* What a takeover depends on is read after the mark; it goes on when that allows it. */
  :: d_step { me.attempt == TAKEOVER && !me.surveyed && me.append == 0 && me.inPlace == NONE ->
       recover(me.v); isComplete(me.v);
       if
       :: isMember(i, me.v) || (ok && extent >= view[me.v].base) || coveredByRam ->
          me.surveyed = true; me.foundEnd = extent; me.foundLate = late;
          me.foundComplete = !isMember(i, me.v) && ok;
          for (b : 0 .. BLOCKS - 1) { me.found[b] = (me.foundComplete -> got.is[b] : 0) }
       :: else
       fi }

  :: d_step { me.attempt == ALONE -> choose(i, 0, me.number, me.first && !isPair(me.v)) }

  :: d_step { me.attempt == SWITCHOVER ->
       choose(1 - i, view[me.v].member[1 - i], me.number, false) }

  :: d_step { me.attempt == REJOIN ->
       if
       :: link && me.confirmedByTarget != NONE ->
          choose(i, peer.incarnation, me.number, false)
       :: else -> choose(i, 0, me.number, me.first)
       fi }

  :: d_step { me.attempt == TAKEOVER && me.surveyed && mark[i] <= me.v -> mark[i] = me.v + 1 }

  :: d_step { me.attempt == TAKEOVER && me.surveyed && mark[i] > me.v ->
       if
       :: me.foundComplete && chosen == me.v -> /* load from the backing: another RAM content */
          me.incarnation = nextIncarnation; nextIncarnation++;
          me.number = me.foundEnd;
          for (b : 0 .. BLOCKS - 1) { me.ram[b] = me.found[b]; me.changed[b] = 0 }
       :: else
       fi;
       choose(i, 0, me.number, me.foundComplete) }

  /* -- The log. -- */
  :: d_step { mayStage && (isPair(me.v) || me.first) && (me.dirty != 0 || wantsWhole) -> stageFromRam(); skip }

  :: d_step { mayStage && !isPair(me.v) && !me.first ->   /* rule 5: the dirty set is the first batch */
       if :: broken(DIRTY_SET_FIRST) -> me.first = true :: else -> stageFromRam() fi;
       skip }

  :: d_step { mayStage && !isPair(me.v) && me.first && (me.dirty == 0 || broken(DIRTY_SET_FIRST)) &&
       me.pendings > 0 ->
       stagePending(); skip }

  :: d_step { me.append == 1 -> landAppend(); me.append = 2 }

  :: d_step { me.up && me.append == 2 && me.appendVoid -> clearOut(); skip }

  :: d_step { me.append == 2 && !me.appendVoid && serves && (slotsClear ||
       (isPair(me.v) -> broken(SLOT_READ_CONNECTED) : broken(SLOT_READ_ALONE))) -> batchCounts(); skip }

  /* -- Checkpoint: from the log to the data area. -- */
  :: d_step { serves && me.checkpoint == 0 && (me.owed != 0 || mayLetGo) && (me.first || isPair(me.v)) &&
       (me.masked == 0 || me.wholeCut == me.logged || mayLetGo) && me.logged > 0 ->
       me.checkpoint = 1; me.target = me.logged;
       me.owedNow = me.owed; me.owed = 0;
       me.unmasking = mayLetGo;
       if :: me.unmasking -> me.owedNow = me.owedNow | me.masked :: else fi;
       if :: broken(PUBLISH_AFTER_WRITING) -> me.owedNow = 0 :: else fi;
       if :: broken(REWRITE_MASKED) && me.unmasking -> me.owedNow = me.owedNow & ~me.masked :: else fi;
       skip }

  :: d_step { me.checkpoint == 1 && me.inPlace == NONE && me.owedNow != 0 && serves ->
       b = ((me.owedNow & 1) -> 0 : 1);
       me.inPlaceContent = ((me.changed[b] <= me.logged || broken(LOG_BEFORE_CHECKPOINT)) -> me.ram[b] : me.logContent[b]);
       assert(me.inPlaceContent != NONE);
       me.inPlace = b; me.owedNow = me.owedNow & ~BIT(b) }

  :: d_step { me.inPlace != NONE -> landInPlace() }

  :: d_step { me.up && me.checkpoint == 1 && me.inPlace == NONE && me.owedNow == 0 ->
       position[i] = me.target; positionView[i] = me.v; me.checkpoint = 2; checkBacking() }

  :: d_step { me.checkpoint == 2 && me.up ->
       if :: slotsClear -> freeRing() :: else fi;
       if :: me.unmasking -> me.masked = 0 :: else fi;
       me.checkpoint = 0; me.target = 0; me.unmasking = false }

  /* -- Resync: the target reads the views once more, then gives its RAM up. -- */
  :: d_step { serves && !isPair(me.v) && resyncs < RESYNCS && me.attempt == 0 &&
       (me.first || broken(RESYNC_FROM_COMPLETE)) &&
       peer.up && peer.attempt == 0 && peer.v == me.v && chosen == me.v && mark[1 - i] <= me.v ->
       resyncs++; link = true; drain(0); drain(1);
       peer.incarnation = nextIncarnation; nextIncarnation++;
       peer.number = 0; peer.memberView = 0; peer.syncView = me.v;
       me.confirmedByTarget = NOTHING;
       send(COPY, me.number, me.ram[0], me.ram[BLOCKS - 1]) }

  /* -- Crash and restart: I/O under way lands until the next process begins, or is lost. -- */
  :: d_step { me.up && crashes < CRASHES ->
       crashes++; me.up = false; link = false; drain(i);
       stopBeingPrimary(); endAttempt();
       me.v = 0; me.syncView = 0; me.memberView = 0;
       if :: me.append == 2 -> clearOut() :: else fi;
       me.number = 0;
       for (b : 0 .. BLOCKS - 1) { me.ram[b] = 0; me.changed[b] = 0 }
       recover(chosen);                         /* one crash loses nothing that anybody has seen */
       assert(crashes > 1 || extent >= seen || (peer.up && peer.syncView == 0 && peer.number >= seen)) }

  :: d_step { !me.up && me.append == 1 -> clearOut(); skip }

  :: d_step { !me.up && me.inPlace != NONE -> me.inPlace = NONE; me.inPlaceContent = 0 }

  :: d_step { !me.up && me.append != 1 && me.inPlace == NONE ->
       me.up = true;
       clearOut();
       if
       :: broken(INCARNATION) -> me.v = chosen; me.number = view[chosen].base
       :: else -> me.incarnation = nextIncarnation; nextIncarnation++; adopt()
       fi;
       skip }
  od
}

init {
  d_step {
    chosen = 1;
    view[1].member[0] = 1; view[1].member[1] = 2;
    link = true;
    for (a : 0 .. 1) {
      node[a].up = true; node[a].incarnation = a + 1; node[a].v = 1; node[a].memberView = 1;
      mark[a] = 1; node[a].inPlace = NONE; node[a].confirmedByTarget = NONE;
      for (b : 0 .. BLOCKS - 1) { node[a].logContent[b] = NONE }
    }
    for (a : 1 .. WRITES) { for (b : 0 .. BLOCKS - 1) { image[a].is[b] = NONE } }
  }
  run Run(0); run Run(1)
}
