// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.pytorch.jni.JniUtils;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Random numbers as a pure function of the position in the run.
 *
 * <p>libtorch has one generator a process, and its state can be neither read nor set. So nothing is
 * saved: before each forward pass the generator is seeded from (seed, update, micro batch, rank),
 * and a resumed run draws the same dropout masks as one that was never interrupted.
 *
 * <p>So whoever else draws random numbers of libtorch's in the process, as {@code NDManager.randomNormal} and
 * the initialization of a block do, must not do so while a trainer is in a forward pass in another thread:
 * nothing can keep that thread from the generator. Within {@link #with} it takes its turn.
 */
public final class Seeds {

  /** The generator belongs to the process; trainers in other threads wait their turn. */
  private static final ReentrantLock GENERATOR = new ReentrantLock();

  private Seeds() {}

  /**
   * Runs {@code body} with the process's generator seeded; trainers in other threads, and others who call this,
   * wait meanwhile.
   */
  public static <R> R with(long seed, Supplier<R> body) {
    TorchEngine.get(); // A program may come here before anything else has loaded libtorch.
    GENERATOR.lock();
    try {
      JniUtils.setSeed(seed);
      return body.get();
    } finally {
      GENERATOR.unlock();
    }
  }

  /** Runs {@code body} as {@link #with} does, for what it makes of things rather than for a result. */
  public static void run(long seed, Runnable body) {
    with(
        seed,
        () -> {
          body.run();
          return true;
        });
  }

  /**
   * Waits for others while they may have their turn: what a rank does in the middle of a pass that needs another rank,
   * which may be a thread of this process. The generator is to be seeded anew afterwards.
   */
  public static void waiting(Runnable wait) {
    int holds = GENERATOR.getHoldCount();
    for (int i = 0; i < holds; i++) {
      GENERATOR.unlock();
    }
    try {
      wait.run();
    } finally {
      for (int i = 0; i < holds; i++) {
        GENERATOR.lock();
      }
    }
  }

  /**
   * Seeds the generator for one segment of a forward pass, so that the segment can be run again with the
   * same random numbers; within {@link #with}.
   *
   * @param pass the seed of the pass
   */
  public static void segment(long pass, int segment) {
    JniUtils.setSeed(mix(pass, segment));
  }

  /** Mixes a position into one seed: neighbouring positions give unrelated seeds. */
  public static long mix(long seed, long... position) {
    long mixed = finalizer(seed);
    for (long part : position) {
      mixed = finalizer(mixed ^ (part + GOLDEN));
    }
    return mixed;
  }

  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /** SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
  private static long finalizer(long value) {
    long z = value + GOLDEN;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
