package io.twinlog.replication.core;

/**
 * A state change, as {@code twinlog events} prints it.
 *
 * @param kind a word that scripts can match: role, connection, copy, view, backing, resync,
 *     suspended
 * @param from the old state, or empty
 * @param to the new state
 * @param detail why, in words; may be empty
 */
public record ReplicaEvent(String kind, String from, String to, String detail) {}
