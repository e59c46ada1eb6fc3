// SPDX-License-Identifier: Apache-2.0
/**
 * Files that outlive the process: safetensors, and checkpoint folders that are committed or do not
 * exist.
 *
 * <p>Read in this order: {@link dev.trainer4j.checkpoint.CheckpointStore} for the layout of an
 * output folder and its promises, {@link dev.trainer4j.checkpoint.SafetensorsFile} and {@link
 * dev.trainer4j.checkpoint.SafetensorsWriter} for tensors, {@link
 * dev.trainer4j.checkpoint.TensorPieces} for those that several ranks wrote. Nothing here knows the training loop,
 * and nothing here trusts a file before it is parsed.
 */
@NullMarked
package dev.trainer4j.checkpoint;

import org.jspecify.annotations.NullMarked;
