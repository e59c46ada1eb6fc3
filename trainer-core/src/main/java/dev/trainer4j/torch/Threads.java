// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * libtorch's threads within an operation, for the operations of one thread of Java and the time of one run.
 *
 * <p>The first of these that says something holds:
 *
 * <ol>
 *   <li>the number that was asked for;
 *   <li>{@code OMP_NUM_THREADS} or {@code MKL_NUM_THREADS} in the environment, or the property {@code
 *       ai.djl.pytorch.num_threads}: libtorch has read them, and nothing is changed;
 *   <li>the number that a run had before it was interrupted: sums over another number round differently. It
 *       is passed over where the process may not use as many any more;
 *   <li>the work of the first micro batch: one thread for each 20 million of parameters times rows, but not
 *       more than libtorch would take by itself, nor than the processors that the JVM sees, which knows the
 *       limit of a container.
 * </ol>
 *
 * <p>libtorch and MKL keep the number for each thread, so that trainers in other threads do not notice.
 * Threads that libtorch has not met yet begin with the number of the process, which stays as it was.
 */
public final class Threads implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Threads.class);

  /** For a number that nobody gave, or that is not known yet. */
  private static final int NONE = 0;

  private final int asked;
  private final int recorded;
  private final boolean setUp;
  private int count = NONE;
  private int before = NONE;

  private Threads(int asked, int recorded, boolean setUp) {
    this.asked = asked;
    this.recorded = recorded;
    this.setUp = setUp;
  }

  /**
   * Begins a run of the calling thread. Nothing changes before {@link #use}.
   *
   * @param asked the argument {@code torchNumThreads}
   * @param recorded what {@link #count} was when the checkpoint was written that the run goes on from
   * @throws IllegalArgumentException if one of them is below 1
   */
  public static Threads of(Optional<Integer> asked, Optional<Integer> recorded) {
    return of(asked, recorded, System.getenv(), System.getProperties());
  }

  static Threads of(
      Optional<Integer> asked,
      Optional<Integer> recorded,
      Map<String, String> environment,
      Properties properties) {
    return new Threads(
        checked("torchNumThreads", asked),
        checked("the checkpoint's number of threads", recorded),
        ThreadRule.isSetUp(environment, properties));
  }

  private static int checked(String name, Optional<Integer> number) {
    if (number.isPresent() && number.get() < 1) {
      throw new IllegalArgumentException(
          name + " is " + number.get() + "; give a number of threads, at least 1");
    }
    return number.orElse(NONE);
  }

  /**
   * Chooses the number of threads by the first micro batch, and sets it for the calling thread until closed.
   * With later ones it does nothing.
   *
   * @param parameters the numbers in all parameters of the model
   * @param inputs the arrays of the micro batch; if they are on a GPU, and no number was asked for, nothing
   *     is changed
   */
  public void use(long parameters, Iterable<NDArray> inputs) {
    if (count != NONE) {
      return;
    }
    before = JniUtils.getNumThreads();
    count = choose(parameters, inputs);
    if (count != before) {
      set(count);
    }
    LOG.debug("{} threads within an operation, {} before", count, before);
  }

  private int choose(long parameters, Iterable<NDArray> inputs) {
    if (asked != NONE) {
      return asked;
    }
    if (setUp || isOnGpu(inputs)) {
      return before;
    }
    int atMost = Math.min(before, Runtime.getRuntime().availableProcessors());
    if (recorded != NONE && recorded <= atMost) {
      return recorded;
    }
    if (recorded != NONE) {
      LOG.info(
          "the run had {} threads within an operation, but this process may use {}: sums can round"
              + " differently from here on",
          recorded,
          atMost);
    }
    return ThreadRule.threads(parameters, ThreadRule.rows(inputs), atMost);
  }

  private static boolean isOnGpu(Iterable<NDArray> inputs) {
    for (NDArray array : inputs) {
      return array.getDevice().isGpu();
    }
    return false;
  }

  /** Returns the number that the run uses, to be recorded; empty before the first micro batch. */
  public Optional<Integer> count() {
    return count == NONE ? Optional.empty() : Optional.of(count);
  }

  /** Gives the calling thread, which must be that of {@link #use}, the number that it had before. */
  @Override
  public void close() {
    if (count != before) {
      set(before);
    }
    count = NONE;
    before = NONE;
  }

  /**
   * Sets the number for this thread. libtorch also takes it for threads that it has not met yet, so another
   * one asks for their number before, and sets it again.
   */
  private static synchronized void set(int threads) {
    int ofProcess = inAnotherThread(JniUtils::getNumThreads);
    JniUtils.setNumThreads(threads);
    inAnotherThread(
        () -> {
          JniUtils.setNumThreads(ofProcess);
          return ofProcess;
        });
  }

  private static int inAnotherThread(IntSupplier body) {
    int[] result = new int[1];
    Thread thread = new Thread(() -> result[0] = body.getAsInt(), "trainer4j-threads");
    thread.setDaemon(true);
    thread.start();
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return result[0];
  }
}
