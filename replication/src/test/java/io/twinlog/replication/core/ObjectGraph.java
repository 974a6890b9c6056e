package io.twinlog.replication.core;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;

/**
 * Copies whole object graphs, and tells by a number of 64 bits whether two are alike: field by
 * field, closures included, an object's identity being its place in the order of first visits.
 * Strings, boxed values, enums and classes are shared. A direct buffer becomes one on the heap.
 *
 * <p>Closures are hidden classes, whose fields reflection does not write: this takes the JDK's
 * inner {@code Unsafe}, opened on the command line of the tests.
 */
final class ObjectGraph {
  private static final MethodHandle OFFSET;
  private static final MethodHandle ALLOCATE;
  private static final MethodHandle GET;
  private static final MethodHandle PUT;
  private static final MethodHandle GET_LONG;
  private static final MethodHandle PUT_LONG;
  private static final MethodHandle GET_INT;
  private static final MethodHandle PUT_INT;
  private static final MethodHandle GET_BYTE;
  private static final MethodHandle PUT_BYTE;

  static {
    try {
      Class<?> type = Class.forName("jdk.internal.misc.Unsafe");
      MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(type, MethodHandles.lookup());
      Object unsafe = lookup.findStatic(type, "getUnsafe", MethodType.methodType(type)).invoke();
      OFFSET = bind(lookup, unsafe, "objectFieldOffset", long.class, Field.class);
      ALLOCATE = bind(lookup, unsafe, "allocateInstance", Object.class, Class.class);
      GET = bind(lookup, unsafe, "getReference", Object.class, Object.class, long.class);
      PUT =
          bind(lookup, unsafe, "putReference", void.class, Object.class, long.class, Object.class);
      GET_LONG = bind(lookup, unsafe, "getLong", long.class, Object.class, long.class);
      PUT_LONG = bind(lookup, unsafe, "putLong", void.class, Object.class, long.class, long.class);
      GET_INT = bind(lookup, unsafe, "getInt", int.class, Object.class, long.class);
      PUT_INT = bind(lookup, unsafe, "putInt", void.class, Object.class, long.class, int.class);
      GET_BYTE = bind(lookup, unsafe, "getByte", byte.class, Object.class, long.class);
      PUT_BYTE = bind(lookup, unsafe, "putByte", void.class, Object.class, long.class, byte.class);
    } catch (Throwable e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static MethodHandle bind(
      MethodHandles.Lookup lookup, Object unsafe, String name, Class<?> result, Class<?>... types)
      throws ReflectiveOperationException {
    MethodType type = MethodType.methodType(result, types);
    return lookup.findVirtual(unsafe.getClass(), name, type).bindTo(unsafe);
  }

  /** How a field counts when graphs are compared. */
  enum Weight {
    FULL,
    /** Not at all. */
    NONE,
    /** A time: as its distance from the node's clock. */
    TIME
  }

  /** Says how a field counts. */
  @FunctionalInterface
  interface Weights {
    Weight of(Field field);
  }

  private enum Kind {
    /** Never copied; compared by value. */
    SHARED,
    BUFFER,
    COLLECTION,
    BITS,
    REQUESTS,
    REFERENCES,
    PRIMITIVES,
    OBJECT
  }

  /** One field: where it is, how wide, and how it counts; width 0 is a reference. */
  private record Slot(long offset, int width, Weight weight) {}

  private record Shape(Kind kind, long id, Class<?> type, List<Slot> slots) {}

  private static final Set<Class<?>> VALUES =
      Set.of(String.class, Integer.class, Long.class, Boolean.class, Byte.class, Class.class);

  private final Weights weights;
  private final Map<Class<?>, Shape> shapes = new HashMap<>();
  private final Set<Class<?>> constants;

  /** {@code constants}: classes whose objects are the same in all graphs. */
  ObjectGraph(Weights weights, Set<Class<?>> constants) {
    this.weights = weights;
    this.constants = constants;
  }

  private Shape shape(Class<?> type) {
    Shape known = shapes.get(type);
    if (known == null) {
      known = describe(type);
      shapes.put(type, known);
    }
    return known;
  }

  private Shape describe(Class<?> type) {
    long id = shapes.size() + 1L;
    if (VALUES.contains(type)
        || Enum.class.isAssignableFrom(type)
        || constants.stream().anyMatch(constant -> constant.isAssignableFrom(type))) {
      return new Shape(Kind.SHARED, id, type, List.of());
    }
    if (ByteBuffer.class.isAssignableFrom(type)) {
      return new Shape(Kind.BUFFER, id, type, List.of());
    }
    if (type.isArray()) {
      Kind kind = type.getComponentType().isPrimitive() ? Kind.PRIMITIVES : Kind.REFERENCES;
      return new Shape(kind, id, type, List.of());
    }
    List<Slot> slots = new ArrayList<>();
    for (Class<?> c = type; c != null; c = c.getSuperclass()) {
      for (Field field : c.getDeclaredFields()) {
        if (!Modifier.isStatic(field.getModifiers())) {
          slots.add(new Slot(offset(field), width(field.getType()), weights.of(field)));
        }
      }
    }
    return new Shape(slots.isEmpty() ? Kind.SHARED : kind(type), id, type, List.copyOf(slots));
  }

  private static Kind kind(Class<?> type) {
    if (type == RequestQueue.class) {
      return Kind.REQUESTS;
    } else if (type == BitSet.class) {
      return Kind.BITS;
    }
    boolean ordered = List.class.isAssignableFrom(type) || Queue.class.isAssignableFrom(type);
    return ordered ? Kind.COLLECTION : Kind.OBJECT;
  }

  private static int width(Class<?> type) {
    if (!type.isPrimitive()) {
      return 0;
    }
    return type == long.class || type == double.class
        ? 8
        : type == int.class || type == float.class
            ? 4
            : type == boolean.class || type == byte.class ? 1 : -1;
  }

  // ---- Copying ----

  private static final class Copies {
    final IdentityHashMap<Object, Object> objects = new IdentityHashMap<>(2048);

    /** The heap's version of whole direct buffers. */
    final IdentityHashMap<Object, byte[]> direct = new IdentityHashMap<>();
  }

  /** A copy that shares nothing with the original that could change. */
  <T> T copy(T root) {
    @SuppressWarnings("unchecked")
    T copied = (T) copy(root, new Copies());
    return copied;
  }

  private Object copy(Object from, Copies done) {
    if (from == null) {
      return null;
    }
    Shape shape = shape(from.getClass());
    if (shape.kind == Kind.SHARED) {
      return from;
    }
    Object known = done.objects.get(from);
    if (known != null) {
      return known;
    }
    return switch (shape.kind) {
      case BUFFER -> copyBuffer((ByteBuffer) from, done);
      case PRIMITIVES -> {
        Object primitives = clonePrimitives(from);
        done.objects.put(from, primitives);
        yield primitives;
      }
      case REFERENCES -> {
        Object[] array = (Object[]) from;
        Object[] to = (Object[]) Array.newInstance(shape.type.getComponentType(), array.length);
        done.objects.put(from, to);
        for (int i = 0; i < array.length; i++) {
          to[i] = copy(array[i], done);
        }
        yield to;
      }
      default -> {
        Object object = allocate(shape.type);
        done.objects.put(from, object);
        for (Slot slot : shape.slots) {
          copySlot(slot, from, object, done);
        }
        yield object;
      }
    };
  }

  private void copySlot(Slot slot, Object from, Object to, Copies done) {
    switch (slot.width) {
      case 0 -> putReference(to, slot.offset, copy(getReference(from, slot.offset), done));
      case 1 -> putByte(to, slot.offset, getByte(from, slot.offset));
      case 4 -> putInt(to, slot.offset, getInt(from, slot.offset));
      case 8 -> putLong(to, slot.offset, getLong(from, slot.offset));
      default -> throw new IllegalStateException("a field of a type that is not provided for");
    }
  }

  private static Object clonePrimitives(Object array) {
    if (array instanceof byte[] bytes) {
      return bytes.clone();
    } else if (array instanceof long[] longs) {
      return longs.clone();
    } else if (array instanceof int[] ints) {
      return ints.clone();
    } else if (array instanceof boolean[] booleans) {
      return booleans.clone();
    }
    throw new IllegalStateException("an array of " + array.getClass().getComponentType());
  }

  /** Slices of one buffer stay slices of one; a direct one moves to the heap. */
  private ByteBuffer copyBuffer(ByteBuffer from, Copies done) {
    ByteBuffer to;
    if (from.hasArray()) {
      byte[] array = (byte[]) copy(from.array(), done);
      to = ByteBuffer.wrap(array).slice(from.arrayOffset(), from.capacity());
    } else {
      Object root = from;
      Object parent = getReference(root, ATTACHMENT);
      while (parent instanceof ByteBuffer) {
        root = parent;
        parent = getReference(root, ATTACHMENT);
      }
      byte[] array = done.direct.computeIfAbsent(root, ObjectGraph::content);
      int offset = (int) (getLong(from, ADDRESS) - getLong(root, ADDRESS));
      to = ByteBuffer.wrap(array).slice(offset, from.capacity());
    }
    to.limit(from.limit()).position(from.position());
    done.objects.put(from, to);
    return to;
  }

  private static byte[] content(Object direct) {
    ByteBuffer whole = ((ByteBuffer) direct).duplicate().clear();
    byte[] bytes = new byte[whole.capacity()];
    whole.get(bytes);
    return bytes;
  }

  private static final long ADDRESS = fieldOffset(java.nio.Buffer.class, "address");
  private static final long ATTACHMENT =
      fieldOffset(ByteBuffer.allocateDirect(1).getClass(), "att");

  private static long fieldOffset(Class<?> type, String name) {
    try {
      return offset(type.getDeclaredField(name));
    } catch (NoSuchFieldException e) {
      throw new IllegalStateException(e);
    }
  }

  // ---- Comparing ----

  /** Takes graphs in, one after the other, and gives their number. */
  final class Digest {
    private final IdentityHashMap<Object, Integer> visited = new IdentityHashMap<>(2048);
    private long hash = 0x9E3779B97F4A7C15L;
    private long now;

    /** The clock by which {@link Weight#TIME} is measured from here on. */
    void clock(long nowNanos) {
      now = nowNanos;
    }

    void add(long value) {
      long x = (hash ^ value) * 0xff51afd7ed558ccdL;
      hash = (x ^ (x >>> 32)) * 0xc4ceb9fe1a85ec53L + 1;
    }

    long value() {
      return hash ^ (hash >>> 29);
    }

    void add(Object root) {
      if (root == null) {
        add(0);
        return;
      }
      Shape shape = shape(root.getClass());
      if (shape.kind == Kind.SHARED) {
        add(shape.id);
        add(valueOf(root));
        return;
      }
      Integer place = visited.putIfAbsent(root, visited.size());
      if (place != null) {
        add(-1);
        add(place);
        return;
      }
      add(shape.id);
      switch (shape.kind) {
        case BUFFER -> addBuffer((ByteBuffer) root);
        case PRIMITIVES -> addPrimitives(root);
        case REFERENCES -> {
          for (Object element : (Object[]) root) {
            add(element);
          }
        }
        case COLLECTION -> addCollection((Collection<?>) root);
        case BITS -> {
          BitSet bits = (BitSet) root;
          for (int i = bits.nextSetBit(0); i >= 0; i = bits.nextSetBit(i + 1)) {
            add(i);
          }
        }
        case REQUESTS -> {
          RequestQueue requests = (RequestQueue) root;
          add(requests.size());
          for (int i = 0; i < requests.size(); i++) {
            add(requests.get(i));
            add(requests.tag(i));
          }
        }
        default -> {
          for (Slot slot : shape.slots) {
            addSlot(slot, root);
          }
        }
      }
    }

    private long valueOf(Object shared) {
      if (shared instanceof Enum<?> constant) {
        return constant.name().hashCode();
      }
      return VALUES.contains(shared.getClass()) && !(shared instanceof Class)
          ? shared.hashCode()
          : 1;
    }

    private void addSlot(Slot slot, Object object) {
      if (slot.weight == Weight.NONE) {
        return;
      }
      switch (slot.width) {
        case 0 -> add(getReference(object, slot.offset));
        case 1 -> add(getByte(object, slot.offset));
        case 4 -> add(getInt(object, slot.offset));
        default -> {
          long value = getLong(object, slot.offset);
          add(slot.weight == Weight.TIME ? Math.max(value - now, 0) : value);
        }
      }
    }

    /** The elements, a priority queue's in their order: how they are kept does not matter. */
    private void addCollection(Collection<?> collection) {
      add(collection.size());
      if (collection instanceof PriorityQueue<?> queue) {
        PriorityQueue<?> sorted = new PriorityQueue<>(queue);
        while (!sorted.isEmpty()) {
          add(sorted.remove());
        }
      } else {
        for (Object element : collection) {
          add(element);
        }
      }
    }

    private void addBuffer(ByteBuffer buffer) {
      add(buffer.position());
      add(buffer.limit());
      int i = 0;
      for (; i + 8 <= buffer.limit(); i += 8) {
        add(buffer.getLong(i));
      }
    }

    private void addPrimitives(Object array) {
      if (array instanceof byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        for (int i = 0; i + 8 <= bytes.length; i += 8) {
          add(buffer.getLong(i));
        }
        for (int i = bytes.length & -8; i < bytes.length; i++) {
          add(bytes[i]);
        }
      } else if (array instanceof long[] longs) {
        for (long value : longs) {
          add(value);
        }
      } else if (array instanceof int[] ints) {
        for (int value : ints) {
          add(value);
        }
      } else if (array instanceof boolean[] booleans) {
        for (boolean value : booleans) {
          add(value ? 1 : 2);
        }
      } else {
        throw new IllegalStateException("an array of " + array.getClass().getComponentType());
      }
    }
  }

  /** What an object's field holds. */
  static Object field(Object of, String name) {
    return getReference(of, fieldOffset(of.getClass(), name));
  }

  static long longField(Object of, String name) {
    return getLong(of, fieldOffset(of.getClass(), name));
  }

  // ---- Raw access ----

  private static long offset(Field field) {
    try {
      return (long) OFFSET.invokeExact(field);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object allocate(Class<?> type) {
    try {
      return (Object) ALLOCATE.invokeExact(type);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object getReference(Object of, long offset) {
    try {
      return (Object) GET.invokeExact(of, offset);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static void putReference(Object of, long offset, Object value) {
    try {
      PUT.invokeExact(of, offset, value);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static long getLong(Object of, long offset) {
    try {
      return (long) GET_LONG.invokeExact(of, offset);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static void putLong(Object of, long offset, long value) {
    try {
      PUT_LONG.invokeExact(of, offset, value);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static int getInt(Object of, long offset) {
    try {
      return (int) GET_INT.invokeExact(of, offset);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static void putInt(Object of, long offset, int value) {
    try {
      PUT_INT.invokeExact(of, offset, value);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte getByte(Object of, long offset) {
    try {
      return (byte) GET_BYTE.invokeExact(of, offset);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static void putByte(Object of, long offset, byte value) {
    try {
      PUT_BYTE.invokeExact(of, offset, value);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
