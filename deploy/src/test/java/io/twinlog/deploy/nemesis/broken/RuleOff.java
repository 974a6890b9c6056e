package io.twinlog.deploy.nemesis.broken;

import java.lang.reflect.Field;
import java.util.Arrays;

/**
 * A Java agent that takes one rule from the process in which it runs: {@code Rule.values()}, from
 * which a replica has its rules, does not return it any more. {@link AgentJar} makes it loadable.
 */
public final class RuleOff {

  private static final String RULES = "io.twinlog.replication.core.Rule";

  /** Where a Java compiler keeps what {@code values()} returns copies of. */
  private static final String VALUES = "$VALUES";

  private RuleOff() {}

  /**
   * Runs before the program does.
   *
   * @param rule the name of the constant
   */
  public static void premain(String rule) throws ReflectiveOperationException {
    Class<?> rules = Class.forName(RULES, true, ClassLoader.getSystemClassLoader());
    Object[] all = rules.getEnumConstants();
    Object[] left =
        Arrays.stream(all).filter(r -> !r.toString().equals(rule)).toArray(n -> arrayOf(rules, n));
    if (left.length != all.length - 1) {
      throw new IllegalArgumentException("there is no rule " + rule);
    }
    replace(rules.getDeclaredField(VALUES), left);
    System.out.println("rule " + rule + " is not in force");
  }

  private static Object[] arrayOf(Class<?> rules, int length) {
    return (Object[]) java.lang.reflect.Array.newInstance(rules, length);
  }

  /**
   * A static final field yields to nothing but {@code Unsafe}, which a compiler warns of whatever
   * one says; so it is called by reflection.
   */
  private static void replace(Field field, Object value) throws ReflectiveOperationException {
    Class<?> type = Class.forName("sun.misc.Unsafe");
    Field instance = type.getDeclaredField("theUnsafe");
    instance.setAccessible(true);
    Object unsafe = instance.get(null);
    Object base = type.getMethod("staticFieldBase", Field.class).invoke(unsafe, field);
    Object offset = type.getMethod("staticFieldOffset", Field.class).invoke(unsafe, field);
    type.getMethod("putObjectVolatile", Object.class, long.class, Object.class)
        .invoke(unsafe, base, offset, value);
  }
}
