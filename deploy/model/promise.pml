/* What the backing would recover to, and the promise (design, section 1). */

/* Clients see the device as this node has it: the promise, points 1 and 2. */
inline tell() {
  for (a : me.v + 1 .. chosen) {
    assert(me.number <= view[a].base);          /* a later view goes on without it */
  }
  if
  :: me.number > seen ->
     seen = me.number;
     for (b : 0 .. BLOCKS - 1) { image[seen].is[b] = me.ram[b] }
  :: else ->
     for (b : 0 .. BLOCKS - 1) {
       assert(image[me.number].is[b] == NONE || image[me.number].is[b] == me.ram[b])
     }
  fi
}

/* Whether batch k of ring n belongs to the history, as view vw tells: the result is in ok. */
inline counts(vw) {
  ok = true;
  for (a : ring[n].batch[k].view + 1 .. vw) {
    ok = ok && (ring[n].batch[k].cut <= view[a].base || broken(VOID_BATCHES))
  }
}

/* Recovery (section 4): what the backing holds, in got and extent; late: what is in batches. */
inline recover(vw) {
  extent = published;
  late = 0;
  for (b : 0 .. BLOCKS - 1) { got.is[b] = area[b] }
  for (j : 1 .. 2 * RING) {                     /* how far do batches reach without a gap? */
    for (n : 0 .. 1) {
      for (k : 0 .. RING - 1) {
        if
        :: k < ring[n].n && ring[n].batch[k].from <= extent && ring[n].batch[k].cut > extent ->
           counts(vw);
           if :: ok -> extent = ring[n].batch[k].cut :: else fi
        :: else
        fi
      }
    }
  }
  for (w : 1 .. vw) {                           /* by view, then by cut */
    for (j : published .. extent) {
      for (n : 0 .. 1) {
        for (k : 0 .. RING - 1) {
          if
          :: k < ring[n].n && ring[n].batch[k].view == w && ring[n].batch[k].cut == j ->
             counts(vw);
             for (b : 0 .. BLOCKS - 1) {
               if
               :: ok && ring[n].batch[k].is[b] != NONE ->
                  got.is[b] = ring[n].batch[k].is[b];
                  late = late | BIT(b)
               :: else
               fi
             }
          :: else
          fi
        }
      }
    }
  }
}

/* Whether the backing alone can rebuild the device in view vw: in ok. */
inline isComplete(vw) {
  ok = view[vw].complete;
  if
  :: !isPair(vw) ->
     n = view[vw].primary;
     ok = ok || (positionView[n] == vw && position[n] >= view[vw].base);
     for (k : 0 .. RING - 1) {
       ok = ok || (k < ring[n].n && ring[n].batch[k].view == vw)
     }
  :: else
  fi
}

/* The promise, points 1 and 4: the backing holds a prefix; all of it when it is complete. */
inline checkBacking() {
  recover(chosen);
  if
  :: extent <= seen ->
     for (b : 0 .. BLOCKS - 1) {
       assert(image[extent].is[b] == NONE || image[extent].is[b] == got.is[b])
     }
  :: else
  fi;
  isComplete(chosen);
  assert(!ok || extent >= seen)
}
