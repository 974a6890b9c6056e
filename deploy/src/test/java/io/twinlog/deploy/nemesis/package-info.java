/**
 * Real nodes in network namespaces with their shared backing behind {@link
 * io.twinlog.deploy.nemesis.fuse}, a nemesis that does to them whatever a seed says, clients that
 * note what they were told, and a check of that history.
 */
package io.twinlog.deploy.nemesis;
