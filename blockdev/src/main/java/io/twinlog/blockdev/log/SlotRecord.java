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
 * @param chosen the latest view this node knows to be chosen
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
    long nonce) {}
