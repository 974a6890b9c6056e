/**
 * Nodes that one rule of the protocol has been taken from, to see whether the nemesis notices. The
 * product knows nothing of this: it is done to its classes from outside.
 */
package io.twinlog.deploy.nemesis.broken;
