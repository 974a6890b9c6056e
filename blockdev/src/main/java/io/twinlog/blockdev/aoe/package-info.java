/**
 * ATA over Ethernet, after AoEr11: the codec, the initiator that uses a target as a shelf, and the
 * target that serves a resource.
 */
package io.twinlog.blockdev.aoe;
