/** Administration of a running node over its Unix socket: the wire, the server and the client. */
package io.twinlog.appliance.admin;
