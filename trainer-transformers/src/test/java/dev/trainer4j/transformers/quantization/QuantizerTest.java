// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.quantization;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.transformers.Dtype;
import dev.trainer4j.transformers.QuantizationConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A weight of 258 blocks, the last of which is not full, against the bytes that bitsandbytes 0.50 makes of it: {@code
 * quantized.py} prints their digests.
 */
class QuantizerTest {

  private static final int ROWS = 130;
  private static final int COLUMNS = 127;

  private static NDArray weight(NDManager manager) {
    float[] values = new float[ROWS * COLUMNS];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i * 7919L % 2003 - 1001) / 1001f;
    }
    return manager.create(values, new Shape(ROWS, COLUMNS));
  }

  private static String digest(NDArray array) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(array.toByteBuffer());
      return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "nf4, false, 6b36ad7b65f73850, 0d3ab93c57a6a512, 8445f8755747af7c, fc3b11717f9a753d",
    "nf4, true, 6b36ad7b65f73850, 5dbacdd746859c7d, 0886075d9474e838, 7ee2c147d786ec8a",
    "fp4, false, f51773c23c599df0, 0d3ab93c57a6a512, de6f0899e674dd26, a1d33e5a96a81549",
    "fp4, true, f51773c23c599df0, 5dbacdd746859c7d, b92f9c8cd52ecd33, ddc3add2daf7980e"
  })
  void numbersOfFourBitsScalesAndValuesAreThoseOfBitsandbytesToTheBit(
      String type, boolean twice, String numbers, String absmax, String state, String values) {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      QuantizationConfig config =
          QuantizationConfig.builder()
              .loadIn4bit(true)
              .bnb4bitQuantType(type)
              .bnb4bitUseDoubleQuant(twice)
              .build();
      QuantizedTensor tensor =
          new Quantizer(config, manager).quantize("w", weight(manager), false, Dtype.FLOAT32);
      Map<String, String> digests = new LinkedHashMap<>();
      tensor.saved().forEach((end, array) -> digests.put(end, digest(array)));
      assertThat(digest(tensor.numbers())).isEqualTo(numbers);
      assertThat(digests)
          .containsEntry("absmax", absmax)
          .containsEntry("quant_state.bitsandbytes__" + type, state);
      if (twice) {
        assertThat(digests)
            .containsEntry("nested_absmax", "5bc5e0e6c9adcb86")
            .containsEntry("nested_quant_map", "e732639a65f497b4");
      }
      assertThat(digest(tensor.values(manager))).isEqualTo(values);
    }
  }

  @Test
  void numbersOfEightBitsAreThoseOfBitsandbytesToTheBit() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      QuantizationConfig config = QuantizationConfig.builder().loadIn8bit(true).build();
      QuantizedTensor tensor =
          new Quantizer(config, manager).quantize("w", weight(manager), false, Dtype.FLOAT32);
      assertThat(digest(tensor.numbers())).isEqualTo("f7c7e35979c3a010");
      assertThat(digest(tensor.parts().get(0))).isEqualTo("729ba6cca98b5718");
    }
  }

  @Test
  void zerosStayZeros() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      for (boolean eight : new boolean[] {false, true}) {
        QuantizationConfig config =
            QuantizationConfig.builder().loadIn8bit(eight).loadIn4bit(!eight).build();
        QuantizedTensor tensor =
            new Quantizer(config, manager)
                .quantize("w", manager.zeros(new Shape(3, 5)), false, Dtype.FLOAT32);
        assertThat(tensor.values(manager).toFloatArray()).containsOnly(0f);
      }
    }
  }

  @Test
  void aProcessorWithProductsOfBfloat16IsKnownByItsFlags(@TempDir Path folder) throws IOException {
    Path with =
        Files.writeString(folder.resolve("with"), "vendor: x\nflags\t\t: fpu avx512_bf16 vnni\n");
    Path without = Files.writeString(folder.resolve("without"), "flags\t\t: fpu avx512f\n");
    Path arm = Files.writeString(folder.resolve("arm"), "Features\t: fp asimd bf16 i8mm\n");
    assertThat(FastProducts.hasBfloat16(with)).isTrue();
    assertThat(FastProducts.hasBfloat16(arm)).isTrue();
    assertThat(FastProducts.hasBfloat16(without)).isFalse();
    assertThat(FastProducts.hasBfloat16(folder.resolve("none"))).isFalse();
  }
}
