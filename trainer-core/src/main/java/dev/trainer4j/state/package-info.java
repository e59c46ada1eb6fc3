// SPDX-License-Identifier: Apache-2.0
/**
 * What a run has done so far, as immutable snapshots with the JSON form of Hugging Face's {@code trainer_state.json}.
 *
 * <p>It knows no arrays: a snapshot may be kept, compared and sent anywhere.
 */
@NullMarked
package dev.trainer4j.state;

import org.jspecify.annotations.NullMarked;
