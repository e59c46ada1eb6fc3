// SPDX-License-Identifier: Apache-2.0

/**
 * The commands {@code train}, {@code evaluate} and {@code predict}: what Hugging Face's example scripts for texts do, from a data
 * set in files to a model in a folder. Only {@code TrainCommand}, {@code EvaluateCommand} and {@code PredictCommand} are loaded
 * before one of them runs, and they name no class of DJL.
 */
@NullMarked
package dev.trainer4j.cli.train;

import org.jspecify.annotations.NullMarked;
