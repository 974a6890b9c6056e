/**
 * A workload that lives on fsync: it commits small files, notes what it was told is durable, and
 * checks later that all of it is there. Used by the demo.
 */
package io.twinlog.deploy.commits;
