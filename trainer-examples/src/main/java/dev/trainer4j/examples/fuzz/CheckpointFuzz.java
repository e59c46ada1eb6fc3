// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.fuzz;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.checkpoint.ResumePoint;
import dev.trainer4j.checkpoint.SafetensorsWriter;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** The files of a checkpoint: JSON of another shape, damaged tensors. */
final class CheckpointFuzz implements FuzzTarget {

  private static final String STATE = "trainer_state.json";
  private static final String ARGUMENTS = "training_args.json";
  private static final String SCHEDULER = "scheduler.json";
  private static final String POSITION = "rng_state.json";
  private static final String MODEL = "model.safetensors";

  private final List<JsonNode> trees = new ArrayList<>();
  private byte[] tensors = {};

  @Override
  public void prepare(Path folder) throws IOException {
    CheckpointFiles files = new CheckpointFiles(folder);
    files.writeState(TrainerState.initial());
    files.writeArguments("{\"learning_rate\": 5e-05, \"logging_steps\": 10}");
    files.writeScheduler(Map.of("factor", 0.5, "bad_evaluations", 2));
    files.writePosition(
        new ResumePoint(
            42,
            42,
            100L,
            1,
            8,
            false,
            false,
            false,
            108,
            Map.of("shard", 2),
            Map.of("", new double[] {1, 2, 3, 4}, "loss", new double[] {1, 2}),
            null,
            2,
            null,
            32L,
            1L));
    for (String name : List.of(STATE, ARGUMENTS, SCHEDULER, POSITION)) {
      trees.add(JsonDamage.parse(Files.readString(folder.resolve(name))));
    }
    try (NDManager manager = NDManager.newBaseManager(ai.djl.Device.cpu(), "PyTorch")) {
      NDArray weight = manager.ones(new Shape(2, 3));
      SafetensorsWriter.write(folder.resolve(MODEL), Map.of("a.weight", weight, "b", weight));
    }
    tensors = Files.readAllBytes(folder.resolve(MODEL));
  }

  @Override
  public void run(Random random, Path folder) throws IOException {
    CheckpointFiles files = new CheckpointFiles(folder);
    int which = random.nextInt(5);
    switch (which) {
      case 0 -> {
        Files.write(folder.resolve(STATE), JsonDamage.damage(trees.get(0), random));
        files.readState();
      }
      case 1 -> {
        Files.write(folder.resolve(ARGUMENTS), JsonDamage.damage(trees.get(1), random));
        files.readArguments();
      }
      case 2 -> {
        Files.write(folder.resolve(SCHEDULER), JsonDamage.damage(trees.get(2), random));
        files.readScheduler();
      }
      case 3 -> {
        Files.write(folder.resolve(POSITION), JsonDamage.damage(trees.get(3), random));
        files.readPosition();
      }
      default -> readTensors(random, folder);
    }
  }

  private void readTensors(Random random, Path folder) throws IOException {
    byte[] bytes = JsonDamage.damage(tensors, random);
    if (random.nextBoolean() && bytes.length > Long.BYTES) {
      // With the length that fits, the header itself is read.
      String text = new String(bytes, StandardCharsets.ISO_8859_1);
      int end = text.lastIndexOf('}') + 1;
      for (int i = 0; i < Long.BYTES; i++) {
        bytes[i] = i < Integer.BYTES ? (byte) (Math.max(0, end - Long.BYTES) >>> (8 * i)) : 0;
      }
    }
    Files.write(folder.resolve(MODEL), bytes);
    try (NDManager manager = NDManager.newBaseManager(ai.djl.Device.cpu(), "PyTorch");
        ModelTensors opened = ModelTensors.open(folder)) {
      for (String name : opened.names()) {
        opened.read(name, manager);
      }
    }
  }
}
