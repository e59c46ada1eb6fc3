// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import dev.trainer4j.jinja.Rendered;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A conversation as the model sees it.
 *
 * @param text what the template made of it
 * @param tokens the tokens of the text; offsets are those of {@code text}
 * @param spans where the {@code generation} blocks of the template are in the text
 * @param assistantMask 1 for each token that has a character of a {@code generation} block, else 0; empty
 *     unless {@link ChatTemplateOptions.Builder#returnAssistantTokensMask} is set
 */
@SuppressWarnings(
    "ArrayRecordComponent") // as the lists of TokenizedText are: made once, and only read
public record TokenizedChat(
    String text, TokenizedText tokens, List<Rendered.Span> spans, int[] assistantMask) {

  static TokenizedChat of(Rendered rendered, TokenizedText tokens, boolean marked) {
    int[] mask = marked ? tokens.mask(rendered.spans()) : new int[0];
    return new TokenizedChat(rendered.text(), tokens, rendered.spans(), mask);
  }

  /** Returns the ids. */
  public int[] inputIds() {
    return tokens.inputIds();
  }

  /**
   * Returns the inputs of the model by name, and {@code assistant_masks} if it was asked for. The map is
   * the caller's, to add labels to.
   */
  public Map<String, Object> toSample() {
    Map<String, Object> sample = new LinkedHashMap<>(tokens.toSample());
    if (assistantMask.length > 0) {
      sample.put("assistant_masks", assistantMask);
    }
    return sample;
  }
}
