// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

/** What is to be optimized cannot be computed from the metrics of an evaluation, which no other trial would mend. */
final class ObjectiveException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  ObjectiveException(String message) {
    super(message);
  }
}
