// SPDX-License-Identifier: Apache-2.0
/**
 * Models and data sets from the Hugging Face Hub, and runs pushed to it.
 *
 * <p>{@link dev.trainer4j.hub.Hub} is the face for programs: a name in, a folder out. {@link
 * dev.trainer4j.hub.HubClient} is the same with settings. Downloads go into the cache that Python's
 * {@code huggingface_hub} uses and reads ({@code HF_HUB_CACHE}); pushing is a {@link
 * dev.trainer4j.hub.HubPushCallback}, which the training argument {@code pushToHub} adds.
 */
@NullMarked
package dev.trainer4j.hub;

import org.jspecify.annotations.NullMarked;
