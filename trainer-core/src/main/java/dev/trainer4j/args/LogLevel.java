// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

/** How much the library says through SLF4J. */
public enum LogLevel {
  /** Everything. */
  DEBUG,
  /** What happens, as it happens. */
  INFO,
  /** Only what deserves attention. */
  WARNING,
  /** Only what failed. */
  ERROR,
  /** Only what ends the run. SLF4J knows nothing above an error, so this reads as {@link #ERROR}. */
  CRITICAL,
  /** Whatever the host application configured. */
  PASSIVE
}
