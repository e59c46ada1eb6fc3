// SPDX-License-Identifier: Apache-2.0
/**
 * From samples to tensors, in the order of the flow: {@link dev.trainer4j.data.Dataset}, {@link
 * dev.trainer4j.data.SampleOrder}, {@link dev.trainer4j.data.DataLoader}, {@link
 * dev.trainer4j.data.DataCollator}, {@link dev.trainer4j.data.ModelInputs}.
 *
 * <p>It must not know models, losses, gradients or the loop: it hands out one batch after the other
 * and each batch owns its arrays.
 */
@NullMarked
package dev.trainer4j.data;

import org.jspecify.annotations.NullMarked;
