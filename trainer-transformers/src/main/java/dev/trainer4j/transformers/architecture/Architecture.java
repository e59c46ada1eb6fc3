// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.Segment;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.transformers.Dtype;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.generation.DecodingSession;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The mathematics of a model, without its weights: which tensors it has, and how they make outputs of
 * inputs.
 */
public interface Architecture extends AutoCloseable {

  /** Returns the tensors in the order in which transformers registers them. */
  List<TensorSpec> tensors();

  /** Returns how many tokens the model knows: the rows of its token embeddings. */
  int vocabulary();

  /**
   * Returns this architecture with another number of tokens. It shares the kernels of this one: who closes
   * one of the two has closed both.
   */
  Architecture withVocabulary(int tokens);

  /**
   * Returns this architecture as it heeds the special tokens of a configuration, of those that transformers
   * looks up in each pass; by default there are none. It shares the kernels of this one: who closes one of
   * the two has closed both.
   *
   * @param config the present one but for {@code bos_token_id}, {@code eos_token_id} and {@code pad_token_id}
   */
  default Architecture withSpecialTokens(PretrainedConfig config) {
    return this;
  }

  /** Returns names that stand for another tensor: tied name to the name that is saved. */
  default Map<String, String> tied() {
    return Map.of();
  }

  /** Returns tensors that files may hold and that nothing reads, as regular expressions. */
  default List<String> ignored() {
    return List.of();
  }

  /**
   * Returns whether a tensor may be missing from a folder: those of a head, which then begin anew.
   */
  boolean mayBeFresh(String name);

  /** Returns the type that a tensor is kept and saved in, where {@code wanted} is the model's. */
  default Dtype dtype(String name, Dtype wanted) {
    return wanted;
  }

  /**
   * Returns this architecture with another loss of next tokens. It shares the kernels of this one: who closes one of the two has
   * closed both.
   *
   * @throws IllegalArgumentException if its head foretells no next token
   */
  default Architecture withTokenLoss(TokenLoss loss) {
    throw new IllegalArgumentException(
        "the model foretells no next token, which a " + loss.kind() + " loss is of");
  }

  /** Returns the names of the parts of the loss; none by default. */
  default Set<String> lossParts() {
    return Set.of();
  }

  /** Returns the linear layers and tables of embeddings that adapters can be added to. */
  List<Adaptable> adaptable();

  /** Returns the segments over {@code weights}, which they read anew at each pass. */
  List<Segment> segments(Weights weights);

  /** Checks the inputs and makes what all segments of a pass share. */
  Map<String, NDArray> shared(ModelInputs inputs, boolean training);

  /** Makes what all segments of a pass in training share of which only the loss is used. */
  default Map<String, NDArray> sharedForLoss(ModelInputs inputs) {
    return shared(inputs, true);
  }

  /** Makes the outputs of what the last segment returned. */
  ModelOutput outputs(NDList last, ForwardPass pass);

  /**
   * Makes decoder inputs of labels; see {@link
   * dev.trainer4j.transformers.PretrainedModel#prepareDecoderInputIdsFromLabels}.
   */
  default NDArray decoderInputIds(NDArray labels) {
    throw new IllegalStateException(
        "this model has no decoder of its own: load one with AutoModels.seq2SeqLm");
  }

  /**
   * Begins to write text; see {@link dev.trainer4j.transformers.generation.GenerativeModel}.
   *
   * @param products the type that products are taken in, null for that of the weights
   */
  default DecodingSession startDecoding(
      Weights weights,
      @Nullable HalfType products,
      long[][] inputIds,
      long @Nullable [][] attentionMask,
      int maxLength) {
    throw new IllegalStateException(
        "this model writes no text: load one with AutoModels.causalLm or AutoModels.seq2SeqLm");
  }

  @Override
  void close();
}
