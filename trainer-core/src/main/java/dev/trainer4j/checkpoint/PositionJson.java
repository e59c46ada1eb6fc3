// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import dev.trainer4j.json.JsonPlace;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads {@code rng_state.json}: every field is there and holds what a run can have written. */
final class PositionJson {

  /** Loss, its weight, gradient norm and the first learning rate; those of further groups follow. */
  private static final int SHORTEST_TOTAL = 4;

  private static final int PART_LENGTH = 2;

  private PositionJson() {}

  static ResumePoint read(JsonPlace file) {
    return new ResumePoint(
        file.at("seed").integer(),
        file.at("data_seed").integer(),
        file.has("dataset_size") ? (Long) file.at("dataset_size").count() : null,
        file.at("epoch").count(),
        file.at("samples_in_epoch").count(),
        required(file, "epoch_over"),
        // Files of earlier versions lack these two.
        file.at("epoch_stop").flag(false),
        file.at("epoch_end_served").flag(false),
        file.at("samples_seen").count(),
        file.has("stream") ? present(file.at("stream")) : null,
        losses(file.at("losses")),
        lossScale(file.at("loss_scale")),
        file.has("num_threads") ? (Integer) threads(file.at("num_threads")) : null,
        frozen(file.at("frozen")),
        file.has("samples_per_update") ? (Long) file.at("samples_per_update").count() : null,
        file.has("updates_beyond") ? (Long) file.at("updates_beyond").integer() : null);
  }

  private static boolean required(JsonPlace file, String key) {
    if (!file.has(key)) {
      throw file.at(key).wrong("true or false");
    }
    return file.at(key).flag(false);
  }

  private static Map<String, Object> present(JsonPlace place) {
    Map<String, Object> values = new LinkedHashMap<>();
    place
        .map()
        .forEach(
            (key, value) -> {
              if (value != null) {
                values.put(key, value);
              }
            });
    return values;
  }

  private static Map<String, double[]> losses(JsonPlace place) {
    if (!place.exists()) {
      throw place.wrong("an object");
    }
    Map<String, double[]> losses = new LinkedHashMap<>();
    place
        .entries()
        .forEach(
            (name, sums) -> {
              double[] numbers = sums.elements().stream().mapToDouble(JsonPlace::number).toArray();
              losses.put(name, name.isEmpty() ? total(sums, numbers) : part(sums, numbers));
            });
    return losses;
  }

  private static double[] total(JsonPlace place, double[] numbers) {
    // Files of earlier versions have two numbers, as of a part.
    if (numbers.length < SHORTEST_TOTAL && numbers.length != PART_LENGTH) {
      throw place.wrong("at least " + SHORTEST_TOTAL + " numbers");
    }
    return Arrays.copyOf(numbers, Math.max(numbers.length, SHORTEST_TOTAL));
  }

  private static double[] part(JsonPlace place, double[] numbers) {
    if (numbers.length != PART_LENGTH) {
      throw place.wrong(PART_LENGTH + " numbers");
    }
    return numbers;
  }

  private static @Nullable LossScale lossScale(JsonPlace place) {
    if (!place.exists()) {
      return null;
    }
    double scale = place.at("scale").number();
    if (!(scale > 0) || Double.isInfinite(scale)) {
      throw place.at("scale").wrong("a finite number above 0");
    }
    long growth = place.at("growth_tracker").count();
    return new LossScale(
        scale, (int) Math.min(growth, Integer.MAX_VALUE), place.at("skipped_steps").count());
  }

  private static int threads(JsonPlace place) {
    long threads = place.count();
    if (threads < 1 || threads > Short.MAX_VALUE) {
      throw place.wrong("a number of threads from 1 on");
    }
    return (int) threads;
  }

  private static @Nullable FrozenTensors frozen(JsonPlace place) {
    return place.exists()
        ? new FrozenTensors(names(place.at("at_start")), names(place.at("now")))
        : null;
  }

  private static List<String> names(JsonPlace place) {
    if (!place.exists()) {
      throw place.wrong("an array");
    }
    return place.elements().stream().map(JsonPlace::text).toList();
  }
}
