// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.signal;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The JVM's signal handling, {@code sun.misc.Signal}. It is no part of Java, though every OpenJDK has
 * it; reached by reflection, it is asked for only where a run wants signals.
 */
public final class JvmSignals {

  private JvmSignals() {}

  /**
   * Installs a handler.
   *
   * @param name without SIG, such as {@code TERM}
   * @param handler is called in a thread of its own
   * @return the handler before, for {@link #restore}
   * @throws UnsupportedOperationException if this JVM does not hand out this signal
   */
  public static Object handle(String name, Consumer<String> handler) {
    try {
      Class<?> type = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              JvmSignals.class.getClassLoader(),
              new Class<?>[] {type},
              (self, method, args) ->
                  switch (method.getName()) {
                    case "handle" -> accept(handler, name);
                    case "equals" -> self == args[0];
                    case "hashCode" -> System.identityHashCode(self);
                    default -> "Trainer4J's handler of SIG" + name;
                  });
      return install(name, proxy);
    } catch (ReflectiveOperationException | LinkageError e) {
      throw unsupported(name, e);
    }
  }

  private static @Nullable Object accept(Consumer<String> handler, String name) {
    handler.accept(name);
    return null;
  }

  /** Puts back what {@link #handle} returned. */
  public static void restore(String name, Object previous) {
    try {
      Object unused = install(name, previous);
    } catch (ReflectiveOperationException e) {
      throw unsupported(name, e);
    }
  }

  /** Sends the signal to this process. */
  public static void raise(String name) {
    try {
      Class<?> type = Class.forName("sun.misc.Signal");
      type.getMethod("raise", type)
          .invoke(null, type.getConstructor(String.class).newInstance(name));
    } catch (ReflectiveOperationException e) {
      throw unsupported(name, e);
    }
  }

  private static Object install(String name, Object handler) throws ReflectiveOperationException {
    Class<?> type = Class.forName("sun.misc.Signal");
    Object signal = type.getConstructor(String.class).newInstance(name);
    return type.getMethod("handle", type, Class.forName("sun.misc.SignalHandler"))
        .invoke(null, signal, handler);
  }

  private static UnsupportedOperationException unsupported(String name, Throwable e) {
    Throwable cause =
        e instanceof InvocationTargetException && e.getCause() != null ? e.getCause() : e;
    return new UnsupportedOperationException(
        "this JVM does not hand out SIG" + name + ": " + cause, cause);
  }
}
