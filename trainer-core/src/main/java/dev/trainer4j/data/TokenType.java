// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

/** How a file of tokens stores an id. */
public enum TokenType {
  /** Two bytes, ids below 65,536. */
  UINT16(2),
  /** Four bytes, ids below 2,147,483,648. */
  UINT32(4);

  final int bytes;

  TokenType(int bytes) {
    this.bytes = bytes;
  }
}
