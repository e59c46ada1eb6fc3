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

/**
 * A model that is another one in all that a subclass does not override: it stands between the trainer and that model
 * to change little.
 */
public abstract class ForwardingModel implements TrainableModel {

  /** Returns the other model, always the same. */
  protected abstract TrainableModel delegate();

  @Override
  public ModelOutput forward(ModelInputs inputs, boolean training) {
    return delegate().forward(inputs, training);
  }

  @Override
  public TrainableModel forPrediction() {
    return delegate().forPrediction();
  }

  @Override
  public List<NamedParameter> parameters() {
    return delegate().parameters();
  }

  @Override
  public Map<String, NDArray> state() {
    return delegate().state();
  }

  @Override
  public String whyFrozen() {
    return delegate().whyFrozen();
  }

  @Override
  public Map<String, NDArray> savedTensors() {
    return delegate().savedTensors();
  }

  @Override
  public String tensorsFile() {
    return delegate().tensorsFile();
  }

  @Override
  public boolean isChangedByForward(String name) {
    return delegate().isChangedByForward(name);
  }

  @Override
  public boolean isLookup(String name) {
    return delegate().isLookup(name);
  }

  @Override
  public double floatingPointOperations(ModelInputs inputs) {
    return delegate().floatingPointOperations(inputs);
  }

  @Override
  public NDManager manager() {
    return delegate().manager();
  }

  @Override
  public List<String> labelNames() {
    return delegate().labelNames();
  }

  @Override
  public List<String> keysToIgnoreAtInference() {
    return delegate().keysToIgnoreAtInference();
  }

  @Override
  public LabelLayout labelLayout() {
    return delegate().labelLayout();
  }

  @Override
  public Optional<String> nameOrPath() {
    return delegate().nameOrPath();
  }

  @Override
  public Optional<Set<String>> lossParts() {
    return delegate().lossParts();
  }

  @Override
  public Optional<UnreadWeights> unreadWeights() {
    return delegate().unreadWeights();
  }

  @Override
  public boolean isInitialized() {
    return delegate().isInitialized();
  }

  @Override
  public void initialize(ModelInputs firstBatch) {
    delegate().initialize(firstBatch);
  }

  @Override
  public void onTrainBegin(@Nullable ProcessingClass processing) {
    delegate().onTrainBegin(processing);
  }

  @Override
  public void onTrainEnd() {
    delegate().onTrainEnd();
  }

  @Override
  public void saveExtras(Path folder) throws IOException {
    delegate().saveExtras(folder);
  }

  @Override
  public void loadExtras(Path folder) throws IOException {
    delegate().loadExtras(folder);
  }

  @Override
  public void close() {
    delegate().close();
  }
}
