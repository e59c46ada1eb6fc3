// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

/** What a run does when a loss or a gradient is NaN or infinite. */
public enum NanPolicy {
  /** Stop with an error that says where. */
  FAIL,
  /** Leave the weights alone for this update and go on. */
  SKIP,
  /** Apply the update as it is, as Hugging Face does. */
  CONTINUE
}
