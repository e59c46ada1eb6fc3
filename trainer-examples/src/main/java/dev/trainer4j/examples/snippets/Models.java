// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.snippets;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.BlockModel;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.Losses;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.TorchScriptModel;
import dev.trainer4j.model.TrainableModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What can be trained. */
public final class Models {

  private Models() {}

  /** Train a block whose parameters outlive the trainer. */
  public static void djlModel(
      Block block, TrainingArguments args, Dataset<Map<String, Object>> train) {
    // docs: djl model
    try (Model model = Model.newInstance("quarters", Device.cpu(), "PyTorch")) {
      model.setBlock(block);
      try (Trainer trainer = Trainer.builder(model, args).trainDataset(train).build()) {
        trainer.train();
      }
      // the trainer is closed, the parameters are the model's
    }
    // end docs
  }

  /** Train a function. */
  public static void function(TrainingArguments args, Dataset<Map<String, Object>> train) {
    // docs: function
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDArray weight = manager.randomNormal(new Shape(2, 4));
      NDArray bias = manager.zeros(new Shape(4));
      FunctionModel model =
          new FunctionModel(
              Map.of("weight", weight, "bias", bias),
              manager,
              (inputs, training) ->
                  ModelOutput.logits(inputs.get("features").matMul(weight).add(bias)));
      try (Trainer trainer = Trainer.builder(model, args).trainDataset(train).build()) {
        trainer.train();
      }
    }
    // end docs
  }

  /** Train a TorchScript file. */
  public static void torchScript(
      Path file, TrainingArguments args, Dataset<Map<String, Object>> train) throws IOException {
    // docs: torchscript
    try (TorchScriptModel model = TorchScriptModel.load(file, "input_ids", "attention_mask");
        Trainer trainer = Trainer.builder(model, args).trainDataset(train).build()) {
      trainer.train();
    }
    // end docs
  }

  /** Load what {@code saveModel} or a checkpoint wrote. */
  public static void load(Block block, Path folder, NDManager manager) throws IOException {
    // docs: load
    block.initialize(manager, DataType.FLOAT32, new Shape(1, 2));
    BlockModel model = new BlockModel(block, manager, List.of("labels"));
    new CheckpointFiles(folder).readModel(model); // names and shapes must agree
    // end docs
  }

  // docs: own model
  /** A line through points, with its own loss. */
  public static final class LineModel implements TrainableModel {
    private final NDManager manager;
    private final NDArray slope;
    private final NDArray offset;

    public LineModel() {
      manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
      slope = manager.zeros(new Shape(1));
      offset = manager.zeros(new Shape(1));
      slope.setRequiresGradient(true);
      offset.setRequiresGradient(true);
    }

    @Override
    public ModelOutput forward(ModelInputs inputs, boolean training) {
      NDArray line = inputs.get("x").mul(slope).add(offset);
      ModelOutput output = ModelOutput.of(Map.of("y", line));
      return inputs
          .find("labels")
          .map(targets -> output.withLoss(Losses.meanSquaredError(line, targets)))
          .orElse(output);
    }

    @Override
    public List<NamedParameter> parameters() { // those that are trainable now
      return Stream.of(
              new NamedParameter("slope", slope, true), new NamedParameter("offset", offset, false))
          .filter(parameter -> parameter.array().hasGradient())
          .toList();
    }

    @Override
    public Map<String, NDArray> state() { // what a checkpoint holds
      Map<String, NDArray> state = new LinkedHashMap<>();
      state.put("slope", slope);
      state.put("offset", offset);
      return state;
    }

    @Override
    public NDManager manager() { // its device is where batches go
      return manager;
    }

    @Override
    public void close() {
      manager.close();
    }
  }
  // end docs
}
