// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import dev.trainer4j.checkpoint.SafetensorsType;

/**
 * Where the elements of tensors lie in a file of {@code torch.save}.
 *
 * @param type of the elements
 * @param key names the entry {@code data/<key>}
 * @param elements how many there are
 */
record TorchStorage(SafetensorsType type, String key, long elements) {}
