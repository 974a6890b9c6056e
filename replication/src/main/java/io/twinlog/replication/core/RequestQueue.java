package io.twinlog.replication.core;

import io.twinlog.blockdev.BlockRequest;
import java.util.Arrays;

/**
 * A FIFO of requests, each with a number, in two growing arrays: nothing is allocated per entry.
 */
final class RequestQueue {
  private BlockRequest[] requests = new BlockRequest[64];
  private long[] tags = new long[64];
  private int head;
  private int size;

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  void add(BlockRequest request, long tag) {
    if (size == requests.length) {
      grow();
    }
    int tail = index(size++);
    requests[tail] = request;
    tags[tail] = tag;
  }

  BlockRequest get(int position) {
    return requests[index(position)];
  }

  long tag(int position) {
    return tags[index(position)];
  }

  BlockRequest removeFirst() {
    BlockRequest first = requests[head];
    requests[head] = null;
    head = index(1);
    size--;
    return first;
  }

  /** Gives every entry the tag; used when what they wait for has to be asked for anew. */
  void retag(long tag) {
    Arrays.fill(tags, tag);
  }

  private int index(int position) {
    return (head + position) & (requests.length - 1);
  }

  private void grow() {
    BlockRequest[] moreRequests = new BlockRequest[requests.length * 2];
    long[] moreTags = new long[tags.length * 2];
    for (int i = 0; i < size; i++) {
      moreRequests[i] = requests[index(i)];
      moreTags[i] = tags[index(i)];
    }
    requests = moreRequests;
    tags = moreTags;
    head = 0;
  }
}
