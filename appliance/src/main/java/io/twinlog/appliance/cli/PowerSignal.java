package io.twinlog.appliance.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import org.slf4j.LoggerFactory;

/**
 * SIGPWR: the power supply says that mains power has failed. Without a handler the signal would end
 * the process. The JVM makes no use of it itself, and runs the handler on a thread of its own.
 *
 * <p>{@code sun.misc.Signal} is the only way that Java has to signals, is exported by the module
 * jdk.unsupported, and makes a warning that cannot be switched off where it is named: so it is not
 * named.
 */
final class PowerSignal {

  private static final String NAME = "PWR";

  private PowerSignal() {}

  /** Runs the action at each SIGPWR from now on; it must not take long. */
  static void handle(Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      InvocationHandler run =
          (proxy, method, arguments) ->
              switch (method.getName()) {
                case "handle" -> {
                  action.run();
                  yield null;
                }
                case "hashCode" -> System.identityHashCode(proxy);
                case "equals" -> proxy == arguments[0];
                default -> "handler of SIG" + NAME;
              };
      Object proxy =
          Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, run);
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(NAME), proxy);
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      LoggerFactory.getLogger(PowerSignal.class)
          .warn("SIGPWR would end this node instead of switching emergency mode on", e);
    }
  }
}
