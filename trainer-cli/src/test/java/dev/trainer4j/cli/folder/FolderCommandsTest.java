// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.folder;

import static dev.trainer4j.cli.CommandLineRun.MODEL;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.cli.CommandLineRun;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.peft.LoraConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderCommandsTest {

  @TempDir Path folder;

  /** The upper half of each float32, rounded to even: what bfloat16 is. */
  private static float rounded(float value) {
    int bits = Float.floatToRawIntBits(value);
    int half = bits + 0x7fff + ((bits >>> 16) & 1);
    return Float.intBitsToFloat(half & 0xffff0000);
  }

  @Test
  void convertsToBfloat16InShardsAndTakesTheTokenizerAlong() throws IOException {
    Path out = folder.resolve("out");

    CommandLineRun run =
        CommandLineRun.of("convert", MODEL, out, "--dtype", "bf16", "--max-shard-size", "30kB");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(out.resolve("tokenizer.json"))
        .hasSameBinaryContentAs(MODEL.resolve("tokenizer.json"));
    assertThat(out.resolve("config.json")).content().contains("bfloat16");
    try (NDManager manager = NDManager.newBaseManager(Device.cpu());
        ModelTensors before = ModelTensors.openPretrained(MODEL);
        ModelTensors after = ModelTensors.openPretrained(out)) {
      assertThat(after.fileNames()).hasSizeGreaterThan(1);
      assertThat(after.names()).containsExactlyInAnyOrderElementsOf(before.names());
      for (String name : before.names()) {
        float[] wide = before.readFloat32(name, manager).toFloatArray();
        float[] narrow = after.readFloat32(name, manager).toFloatArray();
        for (int i = 0; i < wide.length; i++) {
          assertThat(narrow[i]).isEqualTo(rounded(wide[i]));
        }
      }
    }
    try (PretrainedModel model = AutoModels.causalLm(out)) {
      assertThat(model.parameters()).isNotEmpty();
    }
  }

  @Test
  void whatIsThereIsReplacedOnlyWhereThatIsAskedForAndNothingHalfIsLeft() throws IOException {
    Path out = Files.createDirectory(folder.resolve("out"));
    Files.writeString(out.resolve("config.json"), "{}");

    assertThat(CommandLineRun.of("convert", MODEL, out).err()).contains("--overwrite");
    assertThat(out.resolve("config.json")).content().isEqualTo("{}");
    assertThat(CommandLineRun.of("convert", MODEL, out, "--overwrite").exitCode()).isZero();
    assertThat(out.resolve("model.safetensors")).exists();
    assertThat(CommandLineRun.of("convert", out, out, "--overwrite").err()).contains("overlap");

    byte[] cut = Files.readAllBytes(MODEL.resolve("model.safetensors"));
    Path broken = Files.createDirectory(folder.resolve("broken"));
    Files.write(broken.resolve("model.safetensors"), java.util.Arrays.copyOf(cut, cut.length - 5));
    CommandLineRun run = CommandLineRun.of("convert", broken, folder.resolve("new"));
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("truncated");
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("out", "broken");
    }
  }

  @Test
  void theMergedModelComputesWhatBaseAndAdapterDo() throws IOException {
    Path adapter = folder.resolve("adapter");
    long[][] prompt = {{5, 9, 17, 40}};
    long[] expected;
    try (PretrainedModel base = AutoModels.causalLm(MODEL);
        PeftModel peft =
            PeftModel.of(
                base,
                LoraConfig.builder()
                    .r(4)
                    .loraAlpha(64)
                    .targetModules("all-linear")
                    .initLoraWeights("false")
                    .build())) {
      peft.save(adapter);
      expected = peft.generate(prompt).sequences()[0];
    }
    Path out = folder.resolve("merged");

    CommandLineRun run = CommandLineRun.of("merge-adapter", MODEL, adapter, out);

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(out.resolve("tokenizer.json")).exists();
    assertThat(out.resolve("adapter_config.json")).doesNotExist();
    try (PretrainedModel merged = AutoModels.causalLm(out);
        PretrainedModel base = AutoModels.causalLm(MODEL)) {
      assertThat(merged.generate(prompt).sequences()[0]).isEqualTo(expected);
      assertThat(base.generate(prompt).sequences()[0]).isNotEqualTo(expected);
    }
    assertThat(CommandLineRun.of("merge-adapter", MODEL, MODEL, folder.resolve("x")).err())
        .contains("adapter_config.json");
  }

  /** Of Gaussian weights NF4 loses 9.2 % and int8 0.8 %, as published; those of 64 columns in one block each. */
  @Test
  void quantizedModelsLoadAndTellTheErrorOfEachKindOfLayer() throws IOException {
    Path nf4 = folder.resolve("nf4");
    CommandLineRun run =
        CommandLineRun.of("quantize", MODEL, nf4, "--type", "nf4", "--double-quant");

    assertThat(run.exitCode()).as(run.err()).isZero();
    double error =
        run.out()
            .lines()
            .filter(line -> line.startsWith("q_proj"))
            .mapToDouble(line -> Double.parseDouble(line.split("\\s+")[2]))
            .findFirst()
            .orElseThrow();
    assertThat(error).isBetween(0.07, 0.12);
    try (PretrainedModel model = AutoModels.causalLm(nf4)) {
      assertThat(model.quantization().orElseThrow().bnb4bitUseDoubleQuant()).isTrue();
    }
    assertThat(CommandLineRun.of("inspect", nf4).out())
        .contains("4 bit (nf4, double quantization)");
    assertThat(CommandLineRun.of("convert", nf4, folder.resolve("x"), "--dtype", "fp16").err())
        .contains("quantized");
    assertThat(
            CommandLineRun.of(
                    "quantize", MODEL, folder.resolve("x"), "--type", "int8", "--double-quant")
                .err())
        .contains("4 bits alone");
  }
}
