/**
 * The NBD server: fixed newstyle negotiation, simple and structured replies, over TCP and Unix
 * sockets. Sections named in this package are those of {@code doc/proto.md} of the
 * NetworkBlockDevice/nbd project.
 *
 * <p>One event loop owns a resource. A client negotiates on any loop; once it has named its export
 * its channel moves to the loop of that export, and from then on every byte of it is handled there.
 */
package io.twinlog.blockdev.nbd;
