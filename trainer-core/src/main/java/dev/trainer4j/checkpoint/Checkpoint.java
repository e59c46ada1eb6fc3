// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.nio.file.Path;

/**
 * A folder named as a checkpoint; whether it is whole is for {@link CheckpointStore#verify} to say.
 *
 * @param step the optimizer update after which it was saved
 * @param path the folder
 */
public record Checkpoint(long step, Path path) {}
