// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDList;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.model.Segment;
import dev.trainer4j.torch.ArrayScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model as a chain of segments. */
class SegmentsTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert-classify",
        "bert-mlm",
        "bert-qa",
        "distilbert-classify",
        "t5-untied",
        "bart",
        "bart-classify",
        "bart-qa",
        "bert-choice"
      })
  void theSegmentsOneByOneGiveTheForwardPass(String name) throws IOException {
    try (PretrainedModel model = ParityModels.load(name);
        ArrayScope scope = ArrayScope.open()) {
      ModelInputs inputs = ParityModels.inputs(name, model.manager());
      ForwardPass pass = model.begin(inputs, false);
      NDList hidden = new NDList();
      for (Segment segment : model.segments()) {
        NDList first = segment.forward(hidden, pass);
        NDList again = segment.forward(hidden, pass);
        for (int i = 0; i < first.size(); i++) {
          assertThat(again.get(i).toByteBuffer()).isEqualTo(first.get(i).toByteBuffer());
        }
        hidden = first;
      }
      float loss = model.finish(hidden, pass).loss().value().getFloat();
      assertThat(loss).isEqualTo(model.forward(inputs, false).loss().value().getFloat());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert-classify",
        "bert-mlm",
        "roberta-classify",
        "roberta-choice",
        "bart-classify"
      })
  void everyTensorBelongsToASegment(String name) throws IOException {
    try (PretrainedModel model = ParityModels.load(name)) {
      List<String> read = new ArrayList<>();
      model.segments().forEach(segment -> read.addAll(segment.parameterNames()));
      Set<String> tensors = new HashSet<>(model.state().keySet());
      tensors.removeAll(read);
      assertThat(tensors).isEmpty();
    }
  }
}
