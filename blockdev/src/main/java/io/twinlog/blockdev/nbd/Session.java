package io.twinlog.blockdev.nbd;

/**
 * What a client has negotiated.
 *
 * @param structuredReplies NBD_OPT_STRUCTURED_REPLY
 * @param blockStatus {@code base:allocation} was selected for this very export
 */
record Session(ServedExport export, boolean structuredReplies, boolean blockStatus) {}
