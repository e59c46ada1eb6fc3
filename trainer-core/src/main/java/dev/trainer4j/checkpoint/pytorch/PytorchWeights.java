// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import dev.trainer4j.checkpoint.WeightFormat;

/**
 * Weights as models were published before safetensors: {@code pytorch_model.bin}, or shards of it and
 * {@code pytorch_model.bin.index.json}.
 */
public final class PytorchWeights {

  /**
   * Reads state dictionaries of {@code torch.save}, version 1.6 and later. A file that asks for
   * anything but tensors and plain values is refused with a {@link TorchFileException} that names the
   * file, what it asks for and what to do.
   */
  public static final WeightFormat FORMAT =
      new WeightFormat(
          "pytorch_model.bin", "pytorch_model.bin.index.json", ".bin", StateDictFile::open);

  private PytorchWeights() {}
}
