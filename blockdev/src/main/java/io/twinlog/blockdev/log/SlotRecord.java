package io.twinlog.blockdev.log;

/**
 * What a node says in its slot: its latest known chosen view, its mark, and its side of the ballot
 * (Disk Paxos, Gafni and Lamport) for the view after {@code chosen}. Written whole; the valid
 * record with the highest sequence number counts.
 *
 * @param node 0 or 1, whose slot it is
 * @param sequence grows by one with every write of the slot
 * @param incarnation the writer's incarnation
 * @param mark highest view number the node has marked, or was chosen to its knowledge
 * @param promised Disk Paxos {@code mbal} in the ballot for view {@code chosen.number + 1}; 0 none
 * @param accepted Disk Paxos {@code bal}; 0 when {@code input} is null
 * @param input the proposed view of ballot {@code accepted}, without limits of its own; or null
 * @param chosen the latest view this node knows to be chosen; in its primary's slot with the
 *     shelves that are live by now
 * @param counter moves while the node is alive and primary
 * @param nonce identity check at connect: what the peer is to read through its own path
 */
public record SlotRecord(
    int node,
    long sequence,
    long incarnation,
    long mark,
    long promised,
    long accepted,
    View input,
    View chosen,
    long counter,
    long nonce) {

  /** The same with the next sequence number, as every write of the slot carries. */
  public SlotRecord withSequence(long nextSequence) {
    return new SlotRecord(
        node, nextSequence, incarnation, mark, promised, accepted, input, chosen, counter, nonce);
  }

  /** Marks the view after {@code chosen} and promises a ballot for it. */
  public SlotRecord promise(long ballot) {
    long marked = Math.max(mark, chosen.number() + 1);
    return new SlotRecord(
        node, sequence, incarnation, marked, ballot, accepted, input, chosen, counter, nonce);
  }

  /** Accepts a view in a ballot. */
  public SlotRecord accept(long ballot, View value) {
    return new SlotRecord(
        node, sequence, incarnation, mark, ballot, ballot, value, chosen, counter, nonce);
  }

  /** Moves on to a chosen view; the ballot for the one after it begins empty. */
  public SlotRecord learn(View view) {
    if (view.number() <= chosen.number()) {
      return this;
    }
    long marked = Math.max(mark, view.number());
    return new SlotRecord(node, sequence, incarnation, marked, 0, 0, null, view, counter, nonce);
  }

  /** Says which shelves of the chosen view are live by now; its primary's slot decides. */
  public SlotRecord recordShelves(int liveShelves) {
    View now = chosen.withLiveShelves(liveShelves);
    return new SlotRecord(
        node, sequence, incarnation, mark, promised, accepted, input, now, counter, nonce);
  }

  /** Shows that the node is alive. */
  public SlotRecord moveCounter() {
    return new SlotRecord(
        node, sequence, incarnation, mark, promised, accepted, input, chosen, counter + 1, nonce);
  }

  /** Names a new incarnation, or a new process by its nonce. */
  public SlotRecord identify(long newIncarnation, long newNonce) {
    return new SlotRecord(
        node, sequence, newIncarnation, mark, promised, accepted, input, chosen, counter, newNonce);
  }
}
