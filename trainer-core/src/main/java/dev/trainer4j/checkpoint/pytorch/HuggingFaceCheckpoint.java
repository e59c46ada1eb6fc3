// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.checkpoint.CheckpointVerification;
import dev.trainer4j.checkpoint.ResumePoint;
import dev.trainer4j.optim.ParameterGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A checkpoint folder that Hugging Face's Trainer wrote.
 *
 * <p>Its model and {@code trainer_state.json} have our names and are read as ours are. Here is what
 * differs: the optimizer is a pickle, of which only plain values and tensors are read, and the
 * position in the data follows from the number of updates, because none is saved.
 */
public final class HuggingFaceCheckpoint {
  private static final String OPTIMIZER = "optimizer.pt";

  private final Path folder;

  /**
   * Names a folder.
   *
   * @param folder for which {@link #isOne} is true
   */
  public HuggingFaceCheckpoint(Path folder) {
    this.folder = folder;
  }

  /**
   * Returns whether Hugging Face's Trainer wrote a folder, going by its files.
   *
   * @param folder any folder
   * @return false for one of ours
   */
  public static boolean isOne(Path folder) {
    return CheckpointVerification.isOfHuggingFace(folder);
  }

  /**
   * Copies the optimizer's state, if there is any that fits.
   *
   * @param groups of the optimizer, in its order
   * @param state of the optimizer, {@code <parameter>.<slot>}
   * @param manager on the device of the state
   * @param globalStep of the checkpoint
   * @return why moments start fresh, for a warning; empty if they were copied
   */
  public Optional<String> readOptimizer(
      List<ParameterGroup> groups, Map<String, NDArray> state, NDManager manager, long globalStep) {
    Path file = folder.resolve(OPTIMIZER);
    if (!Files.isRegularFile(file)) {
      return Optional.of(file + " does not exist (save_only_model)");
    }
    try (TorchFile torch = TorchFile.open(file)) {
      HuggingFaceOptimizer.load(torch, groups, state, manager, globalStep);
      return Optional.empty();
    } catch (TorchFileException e) {
      return Optional.of(file + " " + e.getMessage());
    } catch (IOException e) {
      return Optional.of(file + " cannot be read: " + e);
    }
  }

  /**
   * Returns where a run stands in its data after {@code globalStep} updates of this size, as Hugging
   * Face's Trainer works it out when it resumes.
   *
   * @param globalStep of the checkpoint
   * @param updatesPerEpoch of this run
   * @param samplesPerUpdate of this run, over all processes
   * @param samplesPerEpoch of this run; for a stream the largest number
   * @param point of this run at its start, for the seeds and the size of the data
   * @return the position, with no losses
   */
  public static ResumePoint position(
      long globalStep,
      long updatesPerEpoch,
      long samplesPerUpdate,
      long samplesPerEpoch,
      ResumePoint point) {
    long epoch = globalStep / updatesPerEpoch;
    long inEpoch = Math.min(globalStep % updatesPerEpoch * samplesPerUpdate, samplesPerEpoch);
    long consumedPerEpoch = Math.min(updatesPerEpoch * samplesPerUpdate, samplesPerEpoch);
    return new ResumePoint(
        point.seed(),
        point.dataSeed(),
        point.datasetSize(),
        epoch,
        inEpoch,
        false,
        false,
        // Their Trainer evaluates and saves at the end of its run, whatever was saved before.
        true,
        epoch * consumedPerEpoch + inEpoch,
        null,
        Map.of(),
        null,
        null,
        null,
        samplesPerUpdate,
        0L);
  }
}
