// SPDX-License-Identifier: Apache-2.0

/**
 * Starts the processes of a training, under the names of Hugging Face's Accelerate: its configuration files, its flags, and the
 * variables that its workers get. {@link dev.trainer4j.distributed.launch.Launch} does it in code, {@link
 * dev.trainer4j.distributed.launch.Launcher} from a shell.
 *
 * <p>It knows processes and their environment, and nothing of models and groups: what a variable means to a run is the business of
 * {@code dev.trainer4j.args.LaunchEnvironment}.
 */
@NullMarked
package dev.trainer4j.distributed.launch;

import org.jspecify.annotations.NullMarked;
