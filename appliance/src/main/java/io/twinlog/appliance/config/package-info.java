/**
 * The configuration: one HOCON file, the same on both nodes (design, section 7), read into
 * immutable records. Every mistake in it is found before any is reported.
 */
package io.twinlog.appliance.config;
