// SPDX-License-Identifier: Apache-2.0
/**
 * PyTorch's own files, written by {@code torch.save}, read without Python and without trust.
 *
 * <p>There are two ways in: {@link dev.trainer4j.checkpoint.pytorch.PytorchWeights} for {@code
 * pytorch_model.bin} and its shards, and {@link
 * dev.trainer4j.checkpoint.pytorch.HuggingFaceCheckpoint} for {@code optimizer.pt}. Behind both, read
 * in this order: {@code TorchFile}, {@code ZipDirectory} for where bytes lie, {@code Unpickler} for
 * what they mean. A pickle is a program; here nothing of it is run: no class is looked up, and nothing
 * but plain values and tensors comes out. Nothing here writes such a file.
 */
@NullMarked
package dev.trainer4j.checkpoint.pytorch;

import org.jspecify.annotations.NullMarked;
