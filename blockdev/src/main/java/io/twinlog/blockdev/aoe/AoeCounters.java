package io.twinlog.blockdev.aoe;

/**
 * What an AoE target has seen since the process started, in frames.
 *
 * @param clients how many were heard lately, 255 at most
 * @param requests reads, writes and flushes taken to the device
 * @param notAllowed from sources that are not on the lists
 * @param tooMany requests beyond what may be under way, dropped: their clients send them again
 * @param tooFast not answered, for their sources asked too often
 * @param late writes that the network had kept back, dropped
 * @param malformed cut short, or against the protocol
 */
public record AoeCounters(
    long clients,
    long requests,
    long notAllowed,
    long tooMany,
    long tooFast,
    long late,
    long malformed) {}
