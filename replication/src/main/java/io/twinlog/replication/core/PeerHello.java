package io.twinlog.replication.core;

/**
 * What a replica says of itself when a connection is made; the peer link carries it next to names,
 * resource UUID and secrets, which it checks itself.
 *
 * @param node 0 or 1
 * @param incarnation of its present RAM content; 0 when it has none yet
 * @param viewNumber the latest view it knows to be chosen
 * @param role its role in that view
 * @param lastNumber last contiguous write number its RAM holds
 * @param nonce what it has written to its slot for the identity check
 */
public record PeerHello(
    int node, long incarnation, long viewNumber, Role role, long lastNumber, long nonce) {}
