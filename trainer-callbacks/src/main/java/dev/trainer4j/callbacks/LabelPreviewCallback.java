// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.state.TrainerState;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Prints the first examples of a run as the model sees them, with what it is to learn marked.
 *
 * <p>Most failed fine-tunings are wrong labels: a prompt that is not masked, an end of text that is,
 * padding that is learned. So look once. Tokens that have a label stand in {@code «»}; where the
 * label is another token than the input, as in masked language modeling, both stand there with an
 * arrow; the number of labels that are -100 is given. Padding, where {@code attention_mask} is 0, is
 * left out and counted. Inputs without tokens are shown as numbers.
 *
 * <pre>{@code
 * .callback(new LabelPreviewCallback(3, ids -> tokenizer.decode(ids, false)))
 * }</pre>
 */
public final class LabelPreviewCallback implements TrainerCallback {

  private final int examples;
  private final Function<long[], String> decoder;
  private final PrintStream out;
  private int shown;

  /**
   * Prints to {@link System#out}.
   *
   * @param examples how many, at least 1
   * @param decoder text of token ids, special tokens included
   */
  public LabelPreviewCallback(int examples, Function<long[], String> decoder) {
    this(examples, decoder, System.out);
  }

  /**
   * Prints to {@code out}, which stays open.
   *
   * @param examples how many, at least 1
   * @param decoder text of token ids, special tokens included
   */
  public LabelPreviewCallback(int examples, Function<long[], String> decoder, PrintStream out) {
    if (examples < 1) {
      throw new IllegalArgumentException("examples must be at least 1, but is " + examples);
    }
    this.examples = examples;
    this.decoder = decoder;
    this.out = out;
  }

  @Override
  public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    shown = 0;
  }

  @Override
  public void onSubstepBegin(
      CallbackContext ctx, TrainerState state, TrainerControl control, ModelInputs inputs) {
    if (shown >= examples || !state.isLocalProcessZero() || inputs.names().isEmpty()) {
      return;
    }
    long size = inputs.batchSize();
    for (long i = 0; i < size && shown < examples; i++) {
      List<String> lines = new ArrayList<>();
      lines.add("example " + ++shown + ", " + (i + 1) + " of a batch of " + size);
      describe(inputs, i, lines);
      // At once, so that another run in the same JVM does not come between.
      out.println(String.join(System.lineSeparator(), lines));
    }
  }

  private void describe(ModelInputs inputs, long index, List<String> lines) {
    long[] ids = inputs.find("input_ids").map(array -> row(array, index)).orElse(null);
    long[] labels =
        inputs
            .find("labels")
            .filter(LabelPreviewCallback::isWhole)
            .map(a -> row(a, index))
            .orElse(null);
    long[] mask = inputs.find("attention_mask").map(array -> row(array, index)).orElse(null);
    boolean marked = ids != null && labels != null && ids.length == labels.length && ids.length > 1;
    if (ids != null) {
      lines.add("  " + new TokenPreview(ids, mask, marked ? labels : null, decoder));
    }
    for (String name : inputs.names()) {
      boolean done = name.equals("input_ids") || name.equals("attention_mask");
      if (done || (marked && name.equals("labels"))) {
        continue;
      }
      if (ids != null && labels != null && name.equals("labels") && labels.length > 1) {
        lines.add("  labels: " + new TokenPreview(labels, null, labels, decoder));
      } else {
        lines.add("  " + name + ": " + NumberPreview.of(inputs.get(name), index));
      }
    }
  }

  private static boolean isWhole(NDArray array) {
    return array.getDataType() == DataType.INT64 || array.getDataType() == DataType.INT32;
  }

  private static long[] row(NDArray array, long index) {
    NDArray row = array.get(index);
    return NumberPreview.wholeNumbers(row);
  }
}
