/** The daemon: what runs while a node runs. */
package io.twinlog.appliance.node;
