// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.trainer4j.json.JsonFile;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.state.TrainerStateJson;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The files of one checkpoint folder, by name and format.
 *
 * <table>
 * <caption>Files</caption>
 * <tr><td>{@code model.safetensors}</td><td>every tensor of the model; Hugging Face's name</td></tr>
 * <tr><td>{@code model-00001-of-0000N.safetensors}, {@code model.safetensors.index.json}</td><td>in
 * its place, where that file would be too large</td></tr>
 * <tr><td>{@code model_pieces-00001-of-0000N.safetensors}</td><td>in its place, a file of each rank, where ranks
 * hold pieces of it and write them themselves</td></tr>
 * <tr><td>{@code trainer_state.json}</td><td>the state, in Hugging Face's format</td></tr>
 * <tr><td>{@code training_args.json}</td><td>the arguments</td></tr>
 * <tr><td>{@code optimizer.safetensors}</td><td>the optimizer's state, {@code parameter.slot}</td></tr>
 * <tr><td>{@code optimizer-00001-of-0000N.safetensors}</td><td>in its place, a file of each rank, where
 * ranks hold pieces of it ({@link TensorPieces})</td></tr>
 * <tr><td>{@code <name>.safetensors}</td><td>tensors of a callback, such as {@code ema}</td></tr>
 * <tr><td>{@code scheduler.json}</td><td>the state of a metric driven schedule, else empty</td></tr>
 * <tr><td>{@code rng_state.json}</td><td>seeds and position in the data ({@link ResumePoint})</td></tr>
 * </table>
 */
public final class CheckpointFiles {

  /** The model's tensors. */
  public static final String MODEL = "model.safetensors";

  private static final String MODEL_PIECES = "model_pieces";

  private static final String STATE = "trainer_state.json";
  private static final String ARGUMENTS = "training_args.json";
  private static final String OPTIMIZER = "optimizer";
  private static final String SCHEDULER = "scheduler.json";
  private static final String POSITION = "rng_state.json";

  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final Path folder;

  /** Names the files of {@code folder}. */
  public CheckpointFiles(Path folder) {
    this.folder = folder;
  }

  /** Returns the folder. */
  public Path folder() {
    return folder;
  }

  /** Returns the file of the state, for messages. */
  public Path statePath() {
    return folder.resolve(STATE);
  }

  /** Returns the file of a schedule's state, for messages. */
  public Path schedulerPath() {
    return folder.resolve(SCHEDULER);
  }

  /** Writes the model, in files of up to 50 GB. */
  public void writeModel(TrainableModel model) throws IOException {
    writeModel(model, ModelTensorsWriter.DEFAULT_MAX_SHARD_SIZE);
  }

  /**
   * Writes the model.
   *
   * @param maxShardSize bytes of tensors in one file
   */
  public void writeModel(TrainableModel model, long maxShardSize) throws IOException {
    model.saveExtras(folder);
    writeModelTensors(model.tensorsFile(), model.savedTensors(), maxShardSize);
  }

  /**
   * Writes the tensors of a model, without its other files.
   *
   * @param file the model's {@link TrainableModel#tensorsFile}
   * @param maxShardSize bytes of tensors in one file, where the file may be cut
   */
  public void writeModelTensors(String file, Map<String, NDArray> tensors, long maxShardSize)
      throws IOException {
    if (file.equals(MODEL)) {
      ModelTensorsWriter.write(folder, tensors, maxShardSize);
    } else {
      FolderedTensors.write(
          folder,
          file,
          tensors.entrySet().stream().map(e -> TensorSource.of(e.getKey(), e.getValue())).toList());
    }
  }

  /**
   * Writes the tensors of a model from their sources, one after the other.
   *
   * @param file the model's {@link TrainableModel#tensorsFile}
   * @param maxShardSize bytes of tensors in one file, where the file may be cut
   */
  public void writeModelTensors(String file, List<TensorSource> tensors, long maxShardSize)
      throws IOException {
    if (file.equals(MODEL)) {
      ModelTensorsWriter.write(folder, tensors, maxShardSize);
    } else {
      FolderedTensors.write(folder, file, tensors);
    }
  }

  /** Writes the pieces of the model's tensors that this rank holds; see {@link TensorPiecesWriter#write}. */
  public void writeModelPieces(int rank, int worldSize, List<TensorPiece> pieces)
      throws IOException {
    TensorPiecesWriter.write(folder, MODEL_PIECES, rank, worldSize, pieces);
  }

  /**
   * Opens the model's tensors, whole or in the pieces that ranks wrote.
   *
   * @param file the model's {@link TrainableModel#tensorsFile}
   * @throws SafetensorsException if there are none, or they do not fit together
   */
  public TensorFile openModel(String file) throws IOException {
    if (!file.equals(MODEL)) {
      return FolderedTensors.open(folder, file);
    }
    Optional<TensorPieces> pieces = openModelPieces();
    return pieces.isPresent() ? pieces.get() : ModelTensors.open(folder);
  }

  /**
   * Opens the pieces of the model's tensors that ranks wrote.
   *
   * @return empty if there are none
   * @throws SafetensorsException if one is missing, or they do not fit together
   */
  public Optional<TensorPieces> openModelPieces() throws IOException {
    return PieceName.areIn(folder, MODEL_PIECES)
        ? Optional.of(TensorPieces.open(folder, MODEL_PIECES))
        : Optional.empty();
  }

  /** Loads the model's tensors; names and shapes must agree. */
  public void readModel(TrainableModel model) throws IOException {
    model.loadExtras(folder);
    try (TensorFile tensors = openModel(model.tensorsFile())) {
      TensorFiles.load(tensors, model.savedTensors(), model.manager(), "model");
    }
  }

  /** Writes the optimizer's tensors. */
  public void writeOptimizer(Map<String, NDArray> state) throws IOException {
    SafetensorsWriter.write(folder.resolve(PieceName.of(OPTIMIZER, 1, 1)), state);
  }

  /**
   * Writes the optimizer's tensors from their sources.
   *
   * @param tensors in any order
   */
  public void writeOptimizer(List<TensorSource> tensors) throws IOException {
    SafetensorsWriter.write(
        folder.resolve(PieceName.of(OPTIMIZER, 1, 1)), tensors, SafetensorsWriter.PYTORCH);
  }

  /**
   * Writes the pieces of the optimizer's tensors that this rank holds; see {@link
   * TensorPiecesWriter#write}.
   */
  public void writeOptimizerPieces(int rank, int worldSize, List<TensorPiece> pieces)
      throws IOException {
    TensorPiecesWriter.write(folder, OPTIMIZER, rank, worldSize, pieces);
  }

  /**
   * Opens the optimizer's tensors, whole or in pieces, to read any range of them.
   *
   * @throws SafetensorsException if a piece is missing, or they do not fit together
   */
  public TensorPieces openOptimizer() throws IOException {
    return TensorPieces.open(folder, OPTIMIZER);
  }

  /** Returns whether there is anything but the model to go on from. */
  public boolean canResume() {
    return PieceName.areIn(folder, OPTIMIZER) && Files.isRegularFile(folder.resolve(POSITION));
  }

  /** Loads the optimizer's tensors, by however many ranks they were written. */
  public void readOptimizer(Map<String, NDArray> state, TrainableModel model) throws IOException {
    try (TensorPieces tensors = openOptimizer()) {
      TensorFiles.load(tensors, state, model.manager(), "optimizer");
    }
  }

  /**
   * Writes tensors that are neither the model's nor the optimizer's.
   *
   * @param name of the file, without its ending
   */
  public void writeTensors(String name, Map<String, NDArray> tensors) throws IOException {
    SafetensorsWriter.write(folder.resolve(name + ".safetensors"), tensors);
  }

  /**
   * Reads what {@link #writeTensors} wrote; empty if there is no such file.
   *
   * @param manager owns the arrays; on the CPU
   */
  public Map<String, NDArray> readTensors(String name, NDManager manager) throws IOException {
    Path file = folder.resolve(name + ".safetensors");
    if (!Files.isRegularFile(file)) {
      return Map.of();
    }
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    try (ModelTensors tensors = ModelTensors.of(file)) {
      for (String tensor : tensors.names()) {
        arrays.put(tensor, tensors.read(tensor, manager));
      }
    }
    return arrays;
  }

  /** Writes the state. */
  public void writeState(TrainerState state) throws IOException {
    write(STATE, TrainerStateJson.write(state));
  }

  /**
   * Reads the state.
   *
   * @throws dev.trainer4j.json.JsonException if the file holds none
   */
  public TrainerState readState() throws IOException {
    return TrainerStateJson.read(JsonFile.read(folder.resolve(STATE)));
  }

  /** Writes the arguments, already as JSON. */
  public void writeArguments(String json) throws IOException {
    write(ARGUMENTS, json);
  }

  /**
   * Reads the arguments as plain values, for comparison with those of this run.
   *
   * @throws dev.trainer4j.json.JsonException if the file holds none
   */
  public Map<String, @Nullable Object> readArguments() throws IOException {
    return readMap(ARGUMENTS);
  }

  /** Writes a schedule's state. */
  public void writeScheduler(Map<String, Object> state) throws IOException {
    write(SCHEDULER, MAPPER.writeValueAsString(state) + "\n");
  }

  /**
   * Reads a schedule's state.
   *
   * @throws dev.trainer4j.json.JsonException if the file holds none
   */
  public Map<String, @Nullable Object> readScheduler() throws IOException {
    return readMap(SCHEDULER);
  }

  /** Writes the position. */
  public void writePosition(ResumePoint point) throws IOException {
    write(POSITION, MAPPER.writeValueAsString(point) + "\n");
  }

  /**
   * Reads the position.
   *
   * @throws dev.trainer4j.json.JsonException if the file holds none
   */
  public ResumePoint readPosition() throws IOException {
    return PositionJson.read(JsonFile.read(folder.resolve(POSITION)));
  }

  private void write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    try {
      Files.writeString(file, text);
    } catch (FileSystemException e) {
      throw e;
    } catch (IOException e) {
      throw NamedFailure.of(file, e);
    }
  }

  private Map<String, @Nullable Object> readMap(String name) throws IOException {
    Path file = folder.resolve(name);
    if (!Files.isRegularFile(file)) {
      return Map.of();
    }
    return JsonFile.read(file).map();
  }
}
