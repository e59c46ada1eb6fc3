// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.seq2seq;

import ai.djl.ndarray.types.Shape;
import dev.trainer4j.transformers.architecture.Initializer;
import dev.trainer4j.transformers.architecture.TensorSpec;
import java.util.ArrayList;
import java.util.List;

/** The tensors of an encoder-decoder model, and how new ones begin: transformers' {@code _init_weights}. */
final class Seq2SeqTensors {

  /** Two rows of BART's positions stand for no position. */
  static final int POSITION_OFFSET = 2;

  private final Seq2SeqSpec spec;
  private final Seq2SeqNames names;
  private final List<TensorSpec> all = new ArrayList<>();

  private Seq2SeqTensors(Seq2SeqSpec spec) {
    this.spec = spec;
    names = spec.names();
  }

  /** Returns all but those of the head, embeddings first. */
  static List<TensorSpec> body(Seq2SeqSpec spec) {
    return new Seq2SeqTensors(spec).make();
  }

  private List<TensorSpec> make() {
    int padding = spec.isT5() ? -1 : spec.padTokenId();
    Initializer tokens = Initializer.embedding(spec.std(), padding);
    weight(names.tokens(), tokens, spec.vocabulary(), spec.hidden());
    stack(false, spec.encoder());
    stack(true, spec.decoder());
    return all;
  }

  private void stack(boolean decoder, Seq2SeqSpec.Stack size) {
    List<String> embedding = names.embeddingSlots(decoder);
    if (!embedding.get(1).isEmpty()) {
      int rows = spec.positions() + POSITION_OFFSET;
      weight(embedding.get(1), Initializer.normal(spec.std()), rows, spec.hidden());
      norm(embedding.get(2), embedding.get(3));
    }
    if (!names.distances(decoder).isEmpty()) {
      // Its name has "bias" in it, which is why it does not decay in transformers.
      all.add(
          new TensorSpec(
              names.distances(decoder),
              new Shape(spec.distances().buckets(), size.heads()),
              scaled(spec.hidden()),
              true,
              false));
    }
    for (int i = 0; i < size.layers(); i++) {
      List<String> slots = names.layerSlots(decoder, i, spec.gated());
      attention(slots.subList(0, 10), size);
      if (decoder) {
        attention(slots.subList(10, 20), size);
      }
      feedForward(slots.subList(slots.size() - 7, slots.size()), size);
    }
    List<String> last = names.lastNormSlots(decoder);
    if (!last.get(0).isEmpty()) {
      norm(last.get(0), last.get(1));
    }
  }

  private void attention(List<String> slots, Seq2SeqSpec.Stack size) {
    int inner = spec.inner(size);
    linear(
        slots.get(0),
        slots.get(1),
        scaled((double) spec.hidden() * spec.headDim()),
        inner,
        spec.hidden());
    linear(slots.get(2), slots.get(3), scaled(spec.hidden()), inner, spec.hidden());
    linear(slots.get(4), slots.get(5), scaled(spec.hidden()), inner, spec.hidden());
    linear(slots.get(6), slots.get(7), scaled(inner), spec.hidden(), inner);
    norm(slots.get(8), slots.get(9));
  }

  private void feedForward(List<String> slots, Seq2SeqSpec.Stack size) {
    Initializer up = scaled(spec.hidden());
    linear(slots.get(0), slots.get(1), up, size.intermediate(), spec.hidden());
    linear(slots.get(2), "", up, size.intermediate(), spec.hidden());
    linear(
        slots.get(3),
        slots.get(4),
        scaled(size.intermediate()),
        spec.hidden(),
        size.intermediate());
    norm(slots.get(5), slots.get(6));
  }

  /** T5 divides by the root of a width, BART does not. */
  private Initializer scaled(double width) {
    return Initializer.normal(spec.isT5() ? spec.std() / Math.sqrt(width) : spec.std());
  }

  private void linear(String weight, String bias, Initializer initializer, int out, int in) {
    if (!weight.isEmpty()) {
      weight(weight, initializer, out, in);
    }
    if (!bias.isEmpty()) {
      all.add(TensorSpec.bias(bias, out));
    }
  }

  private void weight(String name, Initializer initializer, long rows, long columns) {
    all.add(TensorSpec.weight(name, initializer, rows, columns));
  }

  private void norm(String weight, String bias) {
    double one = spec.isT5() ? spec.std() : 1;
    all.add(
        new TensorSpec(weight, new Shape(spec.hidden()), Initializer.constant(one), true, false));
    if (!bias.isEmpty()) {
      all.add(TensorSpec.bias(bias, spec.hidden()));
    }
  }
}
