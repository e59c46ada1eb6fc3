// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import static net.bytebuddy.matcher.ElementMatchers.isNative;
import static net.bytebuddy.matcher.ElementMatchers.named;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import net.bytebuddy.agent.ByteBuddyAgent;
import net.bytebuddy.agent.builder.AgentBuilder;
import net.bytebuddy.asm.Advice;

/**
 * Counts every crossing from Java into libtorch, by the name of the native method.
 *
 * <p>All of them are native methods of one class of DJL. Before it is loaded, each is renamed and wrapped
 * in a Java method that counts. {@link #install} must therefore come before the first use of DJL.
 */
public final class JniCalls {

  private static final Map<String, LongAdder> COUNTS = new ConcurrentHashMap<>();

  private static final class Installed {
    static {
      new AgentBuilder.Default()
          .disableClassFormatChanges()
          .with(AgentBuilder.TypeStrategy.Default.REBASE)
          .enableNativeMethodPrefix("counted_")
          .type(named("ai.djl.pytorch.jni.PyTorchLibrary"))
          .transform(
              (builder, type, loader, module, domain) ->
                  builder.method(isNative()).intercept(Advice.to(Counting.class)))
          .installOn(ByteBuddyAgent.install());
    }

    static void touch() {}
  }

  private JniCalls() {}

  /** Starts counting; more than once does no harm. */
  static void install() {
    Installed.touch();
  }

  /** Counts one call; called by the wrapped methods. */
  public static void count(String method) {
    COUNTS.computeIfAbsent(method, m -> new LongAdder()).increment();
  }

  /** Returns the calls so far by name, sorted. */
  static Map<String, Long> snapshot() {
    Map<String, Long> snapshot = new TreeMap<>();
    COUNTS.forEach((name, count) -> snapshot.put(name, count.sum()));
    return snapshot;
  }

  /** What a wrapped method does first. */
  public static final class Counting {
    private Counting() {}

    /** Counts the call. */
    @Advice.OnMethodEnter
    public static void enter(@Advice.Origin("#m") String method) {
      JniCalls.count(method);
    }
  }
}
