// SPDX-License-Identifier: Apache-2.0
/**
 * The learning rate as a function of the update: {@link
 * dev.trainer4j.schedule.LearningRateSchedulers} makes Hugging Face's twelve schedules by name.
 *
 * <p>Options come checked from {@code args}. It must not know optimizers, models or the loop: it answers with a factor and receives metrics
 * as plain numbers.
 */
@NullMarked
package dev.trainer4j.schedule;

import org.jspecify.annotations.NullMarked;
