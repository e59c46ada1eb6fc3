// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.args.ShardingPlan.Stage;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.checkpoint.SafetensorsWriter;
import dev.trainer4j.checkpoint.TensorPiece;
import java.io.BufferedReader;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The commands beside {@code launch}. */
final class CommandsTest {

  @TempDir private Path folder;

  private record Outcome(int exitCode, String output, String errors) {}

  private static Outcome run(String... words) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine program = Launcher.commandLine();
    program.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int code = program.execute(words);
    return new Outcome(code, out.toString(), err.toString());
  }

  private static Map<String, Object> answers(String... lines) throws Exception {
    BufferedReader in = new BufferedReader(new StringReader(String.join("\n", lines) + "\n"));
    return new ConfigQuestions(new Dialog(in, new PrintWriter(new StringWriter()))).ask();
  }

  @Test
  void asksForShardingAndWritesWhatLaunchReads() throws Exception {
    Path file = folder.resolve("config.yaml");
    ConfigFile.write(
        file, answers("several processes on CPUs", "1", "4", "FSDP", "1", "", "1", "yes", "bf16"));

    LaunchSettings settings =
        LaunchSettings.of(Map.of(), java.util.Optional.of(AccelerateConfig.read(file)));
    assertThat(JobPlan.of(settings, Map.of()).processes()).isEqualTo(4);
    assertThat(WorkerEnvironment.of(settings, 1))
        .containsEntry("FSDP_VERSION", "2")
        .containsEntry("FSDP_RESHARD_AFTER_FORWARD", "false")
        .containsEntry("FSDP_STATE_DICT_TYPE", "SHARDED_STATE_DICT")
        .containsEntry("FSDP_CPU_RAM_EFFICIENT_LOADING", "false")
        .containsEntry("FSDP_ACTIVATION_CHECKPOINTING", "true")
        .containsEntry("ACCELERATE_MIXED_PRECISION", "bf16");
  }

  @Test
  void asksAgainAfterAnAnswerThatIsNone() throws Exception {
    assertThat(answers("seven", "1", "zero", "1", "2", "", "no"))
        .containsEntry("distributed_type", "MULTI_CPU")
        .containsEntry("num_processes", 2);
  }

  @Test
  void asksForTheWayToMachineZero() throws Exception {
    assertThat(
            answers(
                "2",
                "2",
                "1",
                "10.0.0.1",
                "",
                "8",
                "2",
                "",
                "3",
                "",
                "cpu",
                "2",
                "yes",
                "0.5",
                "",
                "0,1",
                "no"))
        .containsEntry("main_process_ip", "10.0.0.1")
        .containsEntry("main_process_port", 29500)
        .containsEntry("machine_rank", 1)
        .containsEntry("gpu_ids", "0,1")
        .extractingByKey("deepspeed_config")
        .asInstanceOf(
            org.assertj.core.api.InstanceOfAssertFactories.map(String.class, Object.class))
        .containsEntry("zero_stage", 3)
        .containsEntry("offload_param_device", "cpu")
        .containsEntry("gradient_clipping", 0.5);
  }

  @Test
  void writesNothingWhereTheAnswersEnd() {
    assertThatThrownBy(() -> answers("1", "1")).hasMessageContaining("nothing was written");
  }

  @Test
  void writesADefaultOnceAndUpdatesIt() throws Exception {
    Path file = folder.resolve("default.yaml");

    assertThat(
            run("config", "default", "--config_file", file.toString(), "--mixed_precision", "bf16")
                .exitCode())
        .isZero();
    assertThat(ConfigFile.read(file)).containsEntry("mixed_precision", "bf16");
    Outcome again = run("config", "default", "--config_file", file.toString());
    assertThat(again.exitCode()).isEqualTo(2);
    assertThat(again.errors()).startsWith("config default: ").contains("is there already");

    Files.writeString(file, "distributed_type: NO\nfp16: true\ndynamo_backend: 'NO'\n");
    assertThat(run("config", "update", "--config_file", file.toString()).exitCode()).isZero();
    assertThat(ConfigFile.read(file))
        .containsEntry("mixed_precision", "fp16")
        .containsEntry("num_machines", 1)
        .doesNotContainKeys("fp16", "dynamo_backend");
  }

  @Test
  void saysWhatIsInstalled() {
    Outcome outcome = run("env", "--config_file", Resources.file("configs/fsdp2.yaml").toString());

    assertThat(outcome.output())
        .contains("- DJL: 0.36.0")
        .contains("- Java: ")
        .contains("- processors: " + Runtime.getRuntime().availableProcessors())
        .contains("distributed_type: FSDP");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "distributed_type: MULTI_CPU",
        "distributed_type: FSDP\nfsdp_config: {fsdp_version: 2}\nuse_cpu: true",
        "distributed_type: DEEPSPEED\ndeepspeed_config: {zero_stage: 2}\nmixed_precision: bf16"
      })
  void trainsAsConfiguredAndComparesWithOneProcess(String type) throws Exception {
    Path file = folder.resolve("config.yaml");
    Files.writeString(file, type + "\nnum_processes: 2\n");

    Outcome outcome = run("test", "--config_file", file.toString());

    assertThat(outcome.output()).contains("Passed");
    assertThat(outcome.exitCode()).isZero();
  }

  @Test
  void estimatesMemoryByTheHeadersOfTheFiles() throws Exception {
    model();

    Outcome outcome =
        run(
            "estimate-memory",
            folder.toString(),
            "--num_processes",
            "1,4",
            "--dtypes",
            "float32,int8");

    // 100 + 50 + 2 x 300 numbers: 3000 bytes in float32, 12000 with gradients and two moments.
    assertThat(outcome.output())
        .contains("750 parameters, 2.93 KiB in its files; the largest layer is layers.0 with 300")
        .containsPattern("float32 +1.17 KiB +2.93 KiB")
        .containsPattern("int8 +300 B +750 B")
        .containsPattern("DDP, NO_SHARD +11.72 KiB \\(11.72 KiB\\) +11.72 KiB")
        .containsPattern("ZeRO-3, FULL_SHARD +11.72 KiB \\(11.72 KiB\\) +2.93 KiB \\(5.27 KiB\\)");
  }

  private void model() throws Exception {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      Map<String, NDArray> tensors = new java.util.LinkedHashMap<>();
      tensors.put("embeddings.weight", manager.ones(new ai.djl.ndarray.types.Shape(10, 10)));
      tensors.put("layers.0.a.weight", manager.ones(new ai.djl.ndarray.types.Shape(300)));
      tensors.put("layers.1.a.weight", manager.ones(new ai.djl.ndarray.types.Shape(200)));
      tensors.put("layers.1.b.weight", manager.ones(new ai.djl.ndarray.types.Shape(100)));
      tensors.put("head.weight", manager.ones(new ai.djl.ndarray.types.Shape(50)));
      SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
    }
  }

  @Test
  void memoryOfFourRanksIsAQuarterWhereAllIsSharedOut() {
    MemoryFormula formula = new MemoryFormula(1_000_000, 1000);

    assertThat(formula.held(Stage.NONE, 4)).isEqualTo(16e6);
    assertThat(formula.held(Stage.OPTIMIZER, 4)).isEqualTo(8e6 + 12e6 / 4);
    assertThat(formula.held(Stage.GRADIENTS, 4)).isEqualTo(4e6 + 12e6 / 4);
    assertThat(formula.held(Stage.PARAMETERS, 4)).isEqualTo(16e6 / 4);
  }

  @Test
  void mergesThePiecesOfRanksIntoOneModel() throws Exception {
    Path checkpoint = Files.createDirectories(folder.resolve("checkpoint-5"));
    Files.writeString(checkpoint.resolve("config.json"), "{\"model_type\": \"bert\"}");
    Files.writeString(checkpoint.resolve("trainer_state.json"), "{}");
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      NDArray whole = manager.arange(10f);
      for (int rank = 0; rank < 2; rank++) {
        long start = rank == 0 ? 0 : 6;
        NDArray piece = whole.get((rank == 0 ? "0:6" : "6:10"));
        new CheckpointFiles(checkpoint)
            .writeModelPieces(
                rank, 2, List.of(TensorPiece.of("w", whole.getShape(), start, piece)));
      }
      Path merged = folder.resolve("merged");

      Outcome outcome = run("merge-weights", checkpoint.toString(), merged.toString());

      assertThat(outcome.errors()).isEmpty();
      try (ModelTensors tensors = ModelTensors.open(merged);
          NDArray read = tensors.read("w", manager)) {
        assertThat(read.toFloatArray()).isEqualTo(whole.toFloatArray());
      }
      assertThat(merged.resolve("config.json")).exists();
      assertThat(merged.resolve("trainer_state.json")).doesNotExist();
    }
  }

  @Test
  void mergesNothingWhereAPieceIsMissing() throws Exception {
    Path checkpoint = Files.createDirectories(folder.resolve("checkpoint-5"));
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      NDArray whole = manager.arange(10f);
      new CheckpointFiles(checkpoint)
          .writeModelPieces(
              0, 2, List.of(TensorPiece.of("w", whole.getShape(), 0, whole.get("0:6"))));
    }

    Outcome outcome =
        run("merge-weights", checkpoint.toString(), folder.resolve("merged").toString());

    assertThat(outcome.exitCode()).isNotZero();
    assertThat(outcome.errors()).contains("00002-of-00002");
    assertThat(folder.resolve("merged")).doesNotExist();
  }

  @Test
  void saysThatAModelIsWholeOrThatAFolderIsNoCheckpoint() throws Exception {
    String merged = folder.resolve("merged").toString();
    Path empty = Files.createDirectories(folder.resolve("empty"));
    model();

    assertThat(run("merge-weights", folder.toString(), merged).errors())
        .contains("has no model_pieces-00001-of-0000N.safetensors", "its model is whole already");
    assertThat(run("merge-weights", empty.toString(), merged).errors())
        .contains("name a checkpoint of such a run");
    assertThat(folder.resolve("merged")).doesNotExist();
  }

  @Test
  void refusesToMergeOverWhatIsThere() throws Exception {
    Path checkpoint = Files.createDirectories(folder.resolve("checkpoint-5"));
    Path taken = Files.createDirectories(folder.resolve("taken"));
    Files.writeString(taken.resolve("file"), "mine");

    assertThat(run("merge-weights", checkpoint.toString(), taken.toString()).errors())
        .contains("is not empty");
    assertThat(taken.resolve("file")).hasContent("mine");
  }
}
