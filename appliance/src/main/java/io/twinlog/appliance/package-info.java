/** The appliance: daemon, configuration, administration and command line; wiring only. */
package io.twinlog.appliance;
