// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.ProcessingClass;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A model whose forward pass goes another way; everything else is the model's own. */
final class ModelView implements TrainableModel {

  /** The way. */
  @FunctionalInterface
  interface Forward {
    ModelOutput run(ModelInputs inputs, boolean training);
  }

  private final TrainableModel model;
  private final Forward forward;

  ModelView(TrainableModel model, Forward forward) {
    this.model = model;
    this.forward = forward;
  }

  @Override
  public ModelOutput forward(ModelInputs inputs, boolean training) {
    return forward.run(inputs, training);
  }

  @Override
  public List<NamedParameter> parameters() {
    return model.parameters();
  }

  @Override
  public Map<String, NDArray> state() {
    return model.state();
  }

  @Override
  public String whyFrozen() {
    return model.whyFrozen();
  }

  @Override
  public Map<String, NDArray> savedTensors() {
    return model.savedTensors();
  }

  @Override
  public boolean isLookup(String name) {
    return model.isLookup(name);
  }

  @Override
  public boolean isChangedByForward(String name) {
    return model.isChangedByForward(name);
  }

  @Override
  public double floatingPointOperations(ModelInputs inputs) {
    return model.floatingPointOperations(inputs);
  }

  @Override
  public NDManager manager() {
    return model.manager();
  }

  @Override
  public List<String> labelNames() {
    return model.labelNames();
  }

  @Override
  public List<String> keysToIgnoreAtInference() {
    return model.keysToIgnoreAtInference();
  }

  @Override
  public LabelLayout labelLayout() {
    return model.labelLayout();
  }

  @Override
  public Optional<Set<String>> lossParts() {
    return model.lossParts();
  }

  @Override
  public boolean isInitialized() {
    return model.isInitialized();
  }

  @Override
  public void initialize(ModelInputs firstBatch) {
    model.initialize(firstBatch);
  }

  @Override
  public void onTrainBegin(@Nullable ProcessingClass processing) {
    model.onTrainBegin(processing);
  }

  @Override
  public void onTrainEnd() {
    model.onTrainEnd();
  }

  @Override
  public void saveExtras(Path folder) throws IOException {
    model.saveExtras(folder);
  }

  @Override
  public void loadExtras(Path folder) throws IOException {
    model.loadExtras(folder);
  }

  /** Leaves the model to whoever made it. */
  @Override
  public void close() {}
}
