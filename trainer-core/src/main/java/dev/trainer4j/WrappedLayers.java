// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.model.SegmentedModel;
import dev.trainer4j.model.TrainableModel;
import java.util.ArrayList;
import java.util.List;

/** {@code transformer_layer_cls_to_wrap}: it may name what is gathered at once anyway, the layers of the model. */
final class WrappedLayers {

  private static final String KEY = "transformer_layer_cls_to_wrap";

  private WrappedLayers() {}

  /** Returns what is wrong with the classes that are named, for this model. */
  static List<String> problems(TrainingArguments args, TrainableModel model) {
    if (!(args.fsdpConfig().get(KEY) instanceof List<?> named)) {
      return List.of();
    }
    List<String> known = model instanceof SegmentedModel chain ? chain.layerClasses() : List.of();
    List<Object> unknown = new ArrayList<>(named);
    unknown.removeAll(known);
    return unknown.isEmpty()
        ? List.of()
        : List.of(
            "fsdp_config."
                + KEY
                + ": the model has no layers of "
                + unknown
                + (known.isEmpty() ? "" : "; those of this model are " + known)
                + ". Leave it out: layers are gathered one by one anyway");
  }
}
