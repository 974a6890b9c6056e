package io.twinlog.replication.net;

/**
 * How an operator's request ended.
 *
 * @param done whether it was carried out; otherwise nothing changed
 * @param line what was done, possibly empty, or why not and what to do
 */
public record OperatorAnswer(boolean done, String line) {}
