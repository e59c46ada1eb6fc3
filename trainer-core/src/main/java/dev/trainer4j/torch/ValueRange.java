// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The smallest and the largest of the whole numbers of an array, and their places in its elements; -100 aside, which
 * stands for no label.
 *
 * <p>An index that is out of range is an exception on a CPU. On a GPU it ends CUDA for the whole process, some time later
 * and without a name. So values are looked at before a kernel takes them: while they are in the host's memory, where
 * that costs next to nothing, and what was found is {@link #note noted} for the array on the device.
 *
 * @param smallest {@code Long.MAX_VALUE} if there are none but -100
 * @param largest {@code Long.MIN_VALUE} if there are none but -100
 * @param ignored the place of a -100; below 0 if there is none
 */
public record ValueRange(
    long smallest, long smallestAt, long largest, long largestAt, long ignored) {

  /** The label that takes no part in a loss. */
  private static final long IGNORED = -100;

  private static final Map<NDArray, ValueRange> NOTED =
      Collections.synchronizedMap(new IdentityHashMap<>());

  /** A value beyond what is allowed, and its place among the elements. */
  public record Outlier(long value, long place) {

    /** Returns the row, by the first dimension, that it is in: of the array with this many elements and rows. */
    public long row(NDArray array) {
      long rows = array.getShape().dimension() == 0 ? 1 : array.getShape().get(0);
      return rows == 0 ? 0 : place / Math.max(1, array.size() / rows);
    }
  }

  /** Returns whether an array has values that can be looked at: whole numbers, and at least one. */
  private static boolean isWhole(NDArray array) {
    DataType type = array.getDataType();
    return type == DataType.INT64
        || type == DataType.INT32
        || type == DataType.INT8
        || type == DataType.UINT8;
  }

  /**
   * Looks at the values of an array; one that is not on the CPU is waited for.
   *
   * @return empty if they are no whole numbers, or there are none
   */
  public static Optional<ValueRange> read(NDArray array) {
    if (!isWhole(array) || array.size() == 0) {
      return Optional.empty();
    }
    return Optional.of(
        array.getDevice().isGpu() ? ofDevice(array) : ofHost(LongBuffer.wrap(longs(array))));
  }

  /** The values of an array on the CPU; those of int64 are not copied if they lie one after the other. */
  static ValueRange ofHost(NDArray array) {
    return array.getDataType() == DataType.INT64
        ? ofHost(array.toByteBuffer(true).order(ByteOrder.nativeOrder()).asLongBuffer())
        : ofHost(LongBuffer.wrap(longs(array)));
  }

  private static long[] longs(NDArray array) {
    return array.toType(DataType.INT64, false).toLongArray();
  }

  private static ValueRange ofHost(LongBuffer values) {
    long smallest = Long.MAX_VALUE;
    long largest = Long.MIN_VALUE;
    int smallestAt = 0;
    int largestAt = 0;
    int ignored = -1;
    for (int i = 0; i < values.limit(); i++) {
      long value = values.get(i);
      if (value == IGNORED) {
        ignored = i;
        continue;
      }
      if (value < smallest) {
        smallest = value;
        smallestAt = i;
      }
      if (value > largest) {
        largest = value;
        largestAt = i;
      }
    }
    return new ValueRange(smallest, smallestAt, largest, largestAt, ignored);
  }

  /** The same where the values are: one transfer of five numbers. */
  static ValueRange ofDevice(NDArray array) {
    try (IValue value = IValue.from((PtNDArray) array)) {
      long[] found = Kernels.shared().integers("value_range", value);
      return new ValueRange(found[0], found[1], found[2], found[3], found[4]);
    }
  }

  /**
   * Notes what the values of an array on a device are, until {@code owner} closes.
   *
   * @param host the same array in the host's memory; nothing is noted if it holds no whole numbers
   */
  public static void note(NDManager owner, NDArray array, NDArray host) {
    if (!isWhole(host) || host.size() == 0) {
      return;
    }
    NOTED.put(array, ofHost(host));
    owner.attachInternal(UUID.randomUUID().toString(), () -> NOTED.remove(array));
  }

  /**
   * Returns what is to be known of an array before a kernel takes it: what was noted, else on a GPU what it reads
   * there. Of an array on the CPU that nothing was noted of, nothing: there a kernel can be asked.
   */
  public static Optional<ValueRange> before(NDArray array) {
    ValueRange noted = NOTED.get(array);
    if (noted != null) {
      return Optional.of(noted);
    }
    return isOnGpu(array.getManager()) ? read(array) : Optional.empty();
  }

  /** Returns whether {@link #before} may tell something of arrays of such a manager. */
  public static boolean mayTell(NDManager manager) {
    return isOnGpu(manager) || !NOTED.isEmpty();
  }

  /** An array would be asked for its device by a native call. */
  private static boolean isOnGpu(NDManager manager) {
    return manager.getDevice().isGpu();
  }

  /**
   * Returns a value that is no index from 0 to before {@code count}.
   *
   * @param mayIgnore whether -100 is allowed
   */
  public Optional<Outlier> outside(long count, boolean mayIgnore) {
    if (!mayIgnore && ignored >= 0) {
      return Optional.of(new Outlier(IGNORED, ignored));
    }
    if (smallest == Long.MAX_VALUE && largest == Long.MIN_VALUE) {
      return Optional.empty();
    }
    if (smallest < 0) {
      return Optional.of(new Outlier(smallest, smallestAt));
    }
    return largest >= count ? Optional.of(new Outlier(largest, largestAt)) : Optional.empty();
  }
}
