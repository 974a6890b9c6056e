/**
 * The shell around a replica: the peer link over TCP and the driver that gives the core its event
 * loop, ticks, backing and peer. The core decides, this package acts (design, sections 2 and 5).
 *
 * <p>A connection's life: {@link io.twinlog.replication.net.PeerConnector} dials, or {@link
 * io.twinlog.replication.net.PeerEndpoint} accepts and finds the resource; {@link
 * io.twinlog.replication.net.HandshakeHandler} carries a {@link
 * io.twinlog.replication.net.Handshake} out; {@link io.twinlog.replication.net.PeerLink} then
 * carries frames until the connection ends.
 */
package io.twinlog.replication.net;
