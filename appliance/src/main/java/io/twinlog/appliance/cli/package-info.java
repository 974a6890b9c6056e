/**
 * The {@code twinlog} command: verbs, options, what they print and how they end.
 *
 * <p>Client verbs are to answer well under half a second, so their path keeps to a few classes:
 * options are parsed by hand (an annotation-driven parser costs 0.3 s of start-up), the socket is
 * plain NIO, and neither Netty nor the logging or configuration libraries are touched.
 */
package io.twinlog.appliance.cli;
