// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class CharacterEncoderTest {
  @Test
  void marksBothEndsAndPadsWithZero() {
    assertThat(CharacterEncoder.encode("ab"))
        .hasSize(CharacterEncoder.LENGTH)
        .startsWith(' ' + 1, 'a' + 1, 'b' + 1, ' ' + 1, 0)
        .endsWith(0);
  }

  @Test
  void cutsALongText() {
    assertThat(CharacterEncoder.encode("x".repeat(100)))
        .hasSize(CharacterEncoder.LENGTH)
        .endsWith('x' + 1);
  }

  @Test
  void doesNotTellUpperFromLowerCase() {
    assertThat(CharacterEncoder.encode("ΑΘΉΝΑ")).isEqualTo(CharacterEncoder.encode("αθήνα"));
  }

  @Test
  void keepsEveryCodePointWithinTheRangeOfIds() {
    String far = new String(Character.toChars(Character.MAX_CODE_POINT));

    for (int id : CharacterEncoder.encode("日本語" + far)) {
      assertThat(id).isBetween(0, CharacterEncoder.IDS - 1);
    }
  }
}
