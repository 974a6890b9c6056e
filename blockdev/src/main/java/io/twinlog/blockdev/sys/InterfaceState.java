package io.twinlog.blockdev.sys;

/**
 * A network interface as it is now.
 *
 * @param index the kernel's number for it; another one once it was removed and made anew
 * @param up whether it is up and has a carrier
 * @param mtuBytes what a frame may hold beside Ethernet's header
 * @param address its Ethernet address, in the lower 48 bits
 */
public record InterfaceState(int index, boolean up, int mtuBytes, long address) {}
