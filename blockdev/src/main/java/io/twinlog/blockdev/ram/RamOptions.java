package io.twinlog.blockdev.ram;

/**
 * How a device's memory is to be held.
 *
 * @param lock every page present from the start and never swapped out
 * @param hugePages 2 MiB pages: reserved ones if there are enough, else whatever the kernel can
 *     join
 */
public record RamOptions(boolean lock, boolean hugePages) {}
