// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import ai.djl.ndarray.types.Shape;

/**
 * Where a tensor lies in a file and what it is.
 *
 * @param name its name
 * @param type its element type
 * @param shape its shape; empty for a scalar
 * @param fileOffset its first byte, from the start of the file
 * @param byteLength its length in bytes
 */
public record TensorInfo(
    String name, SafetensorsType type, Shape shape, long fileOffset, long byteLength) {}
