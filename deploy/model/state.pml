/* What views.pml's nodes and their backing are made of, and what clients have seen. */

mtype = { WRITE, BARRIER, COPY, CONFIRM };
mtype:kind = { ALONE, TAKEOVER, REJOIN, SWITCHOVER };

typedef View {
  byte primary;
  byte member[2];                     /* incarnation, 0 when not a member */
  byte base;
  bool complete;                      /* at birth */
};
typedef Batch { byte view; byte from; byte cut; byte is[BLOCKS] };  /* NONE: not in it */
typedef Ring { Batch batch[RING]; byte n };
typedef Image { byte is[BLOCKS] };

/* ---- What is on the backing. A slot: the node's mark, and what is chosen. ---- */
View view[VIEWS + 1];
byte chosen;                          /* the latest view */
byte mark[2];
Ring ring[2];
byte position[2];                     /* published checkpoints, and in which view */
byte positionView[2];
byte area[BLOCKS];                    /* the data area */

/* ---- What a node has in its memory, and its backing I/O under way. ---- */
typedef Node {
  bool up;
  byte incarnation;
  byte v;                             /* the latest view it knows */
  byte number;                        /* last write in its RAM */
  byte ram[BLOCKS];
  byte changed[BLOCKS];               /* number of the block's last change */
  byte memberView;                    /* the last pair that this RAM content was in */
  byte syncView;                      /* the lone view whose primary fills this RAM */
  mtype:kind attempt;                 /* at view v + 1, or 0 */
  bool surveyed;                      /* the backing was read for that; what it held: */
  bool foundComplete;
  byte foundEnd;
  byte found[BLOCKS];
  byte foundLate;
  /* As primary: */
  bool taker;
  bool first;                         /* the first batch of the lone view is durable and checked */
  byte pending[WRITES];
  byte pendings;
  byte read;                          /* 0 none, 1 begun, 2 has its evidence */
  byte readFloor;                     /* what had been acknowledged when it began */
  byte logged;
  byte dirty;                         /* sets of blocks, as bits */
  byte owed;
  byte masked;
  byte logContent[BLOCKS];            /* newest content in a batch of its own that counts */
  byte wholeCut;                      /* of the newest batch that holds every masked block */
  byte confirmedByTarget;             /* NONE while no resync is under way */
  byte checkpoint;                    /* 0 none, 1 writing in place, 2 published */
  byte target;
  byte owedNow;
  bool unmasking;
  /* I/O: */
  byte append;                        /* 0 none, 1 under way, 2 durable */
  bool appendVoid;
  Batch out;
  byte inPlace;                       /* block being written in place, or NONE */
  byte inPlaceContent;
};
Node node[2];
typedef Frame { mtype type; byte view; byte number; byte is; byte is2 };
typedef Frames { Frame frame[FRAMES]; byte n };
Frames to[2];                         /* under way to each node, in order */
bool link;

/* ---- What clients have seen. ---- */
byte seen;                            /* number of the last write acknowledged, or read */
Image image[WRITES + 1];              /* the device as of each; NONE where nobody was told */
byte nextWrite = 1;
byte reads;
byte crashes;
byte resyncs;
byte nextIncarnation = 3;

hidden byte a, b, j, k, n, w, extent, from, late;
hidden byte ok, was, type, fv, fn, f1, f2;
hidden Image got;

#define me node[i]
#define peer node[1 - i]
#define isPair(vw) (view[vw].member[0] != 0 && view[vw].member[1] != 0)
#define isMember(x, vw) (view[vw].member[x] == node[x].incarnation)
#define isPrimary(x) (node[x].up && view[node[x].v].primary == x && isMember(x, node[x].v))
#define mayGo (to[1 - i].n < FRAMES)
#define slotsClear (mark[1 - i] <= me.v && chosen <= me.v)
#define published (position[0] > position[1] -> position[0] : position[1])
/* Rule 2: not between a mark and its outcome. */
#define mayAct (mark[i] <= me.v || broken(FREEZE))
/* Nothing that the peer began as primary is under way any more. */
#define isPeerGone (peer.append == 0 && peer.inPlace == NONE && !isPrimary(1 - i))
