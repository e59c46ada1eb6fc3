// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.checkpoint.ModelTensorsWriter;
import dev.trainer4j.checkpoint.TensorInfo;
import dev.trainer4j.checkpoint.TensorPieces;
import dev.trainer4j.checkpoint.TensorSource;
import dev.trainer4j.file.FolderTree;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code merge-weights}: makes whole tensors of the pieces that ranks have saved. */
@Command(
    name = "merge-weights",
    description =
        "Makes one model, in Hugging Face's files, of a checkpoint whose tensors ranks have saved"
            + " in pieces.",
    mixinStandardHelpOptions = true)
public final class MergeWeightsCommand extends ShellCommand {

  /** Bytes that are read at once: memory holds no more of the model. */
  private static final int CHUNK = 8 << 20;

  /** What belongs to the training, not to the model. */
  private static final Pattern OF_THE_TRAINING =
      Pattern.compile(
          ".*\\.safetensors|.*\\.safetensors\\.index\\.json|manifest\\.json|trainer_state\\.json|training_args\\.json|scheduler\\.json|rng_state\\.json|.*\\.(bin|pt|pth)");

  @Parameters(
      index = "0",
      paramLabel = "DIR",
      description =
          "a checkpoint with model_pieces-00001-of-0000N.safetensors, a file of each rank")
  private Path source = Path.of("");

  @Parameters(index = "1", paramLabel = "OUT", description = "the folder to write; new, or empty")
  private Path target = Path.of("");

  @Option(
      names = {"--max_shard_size", "--max-shard-size"},
      description = "gigabytes of one file; 50 by default")
  private double shardGigabytes = 50;

  @Option(
      names = {"--remove_checkpoint_dir", "--remove-checkpoint-dir"},
      description = "delete DIR afterwards")
  private boolean removes;

  @Option(
      names = {"--unsafe_serialization", "--unsafe-serialization"},
      hidden = true)
  private boolean unsafe;

  @Override
  int run(PrintWriter out) throws IOException {
    check();
    Path draft = parent().resolve("." + target.getFileName() + ".merging");
    deleteIfThere(draft);
    Files.createDirectory(draft);
    try {
      int count = merge(draft);
      copyOthers(draft);
      if (Files.isDirectory(target)) {
        Files.delete(target);
      }
      Files.move(draft, target);
      out.println("Written: " + target + ", " + count + " tensors");
    } finally {
      deleteIfThere(draft);
    }
    if (removes) {
      FolderTree.delete(source);
      out.println("Deleted: " + source);
    }
    return 0;
  }

  private static void deleteIfThere(Path folder) throws IOException {
    if (Files.exists(folder)) {
      FolderTree.delete(folder);
    }
  }

  private void check() throws IOException {
    if (unsafe) {
      throw new LaunchException(
          "--unsafe_serialization is not offered: a pickle runs code when it is read; safetensors"
              + " are written");
    }
    if (!Files.isDirectory(source)) {
      throw new LaunchException("DIR " + source + " is no folder; name a checkpoint");
    }
    if (!(shardGigabytes > 0 && shardGigabytes < 1e6)) {
      throw new LaunchException(
          "--max_shard_size is " + shardGigabytes + "; expected gigabytes above 0");
    }
    boolean taken = Files.exists(target) && (!Files.isDirectory(target) || !isEmpty(target));
    if (taken) {
      throw new LaunchException("OUT " + target + " is not empty; name a new folder");
    }
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (DirectoryStream<Path> children = Files.newDirectoryStream(folder)) {
      return !children.iterator().hasNext();
    }
  }

  private Path parent() throws IOException {
    Path parent = target.toAbsolutePath().getParent();
    if (parent == null) {
      throw new LaunchException("OUT " + target + " is no folder to write");
    }
    return Files.createDirectories(parent);
  }

  private int merge(Path folder) throws IOException {
    try (TensorPieces pieces = pieces()) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK);
      List<TensorSource> whole = new ArrayList<>();
      for (String name : pieces.names()) {
        TensorInfo info = pieces.info(name);
        whole.add(
            new TensorSource(
                name, info.type(), info.shape(), channel -> copy(pieces, info, buffer, channel)));
      }
      ModelTensorsWriter.write(folder, whole, Math.max(1, (long) (shardGigabytes * 1e9)));
      return whole.size();
    }
  }

  private TensorPieces pieces() throws IOException {
    return new CheckpointFiles(source)
        .openModelPieces()
        .orElseThrow(
            () ->
                new LaunchException(
                    "DIR "
                        + source
                        + " has no model_pieces-00001-of-0000N.safetensors, which ranks save where"
                        + " parameters are shared out and state_dict_type is SHARDED_STATE_DICT; "
                        + (isWhole()
                            ? "its model is whole already"
                            : "name a checkpoint of such a run, such as out/checkpoint-500")));
  }

  private boolean isWhole() {
    return Stream.of(
            CheckpointFiles.MODEL, "model.safetensors.index.json", "adapter_model.safetensors")
        .anyMatch(name -> Files.exists(source.resolve(name)));
  }

  private static void copy(
      TensorPieces pieces, TensorInfo info, ByteBuffer buffer, WritableByteChannel channel)
      throws IOException {
    int width = info.type().bits() / Byte.SIZE;
    long size = info.shape().size();
    long most = CHUNK / width;
    for (long start = 0; start < size; start += most) {
      buffer.clear().limit((int) Math.min(size - start, most) * width);
      pieces.read(info.name(), start, buffer);
      channel.write(buffer.flip());
    }
  }

  private void copyOthers(Path folder) throws IOException {
    try (DirectoryStream<Path> children = Files.newDirectoryStream(source, Files::isRegularFile)) {
      for (Path file : children) {
        if (!OF_THE_TRAINING.matcher(file.getFileName().toString()).matches()) {
          Files.copy(file, folder.resolve(file.getFileName().toString()));
        }
      }
    }
  }
}
