// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Patterns of published tokenizers pass, and those that take longer than the text is long do not. */
class TokenizerPatternTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        // GPT-2
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
        // Llama 3
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
            + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        // GPT-4o and Llama 4
        "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
            + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|"
            + "\\s+(?!\\S)|\\s+",
        // Qwen 2
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|"
            + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        // Kimi
        "[\\p{Han}]+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}&&[^\\p{Han}]]*[\\p{Ll}\\p{M}&&[^\\p{Han}]]+|\\s+",
        // DeepSeek
        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+|"
            + " ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        "\\p{N}{1,3}",
        "[一-龥぀-ゟ゠-ヿ]+",
        // OLMo: groups of three digits from the right
        "\\d{1,3}(?=(?:\\d{3})*\\b)",
        // BLOOM
        " ?[^(\\s|[.,!?…。，、।۔،])]+",
        // CLIP
        "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
        // tiktoken's possessive form
        "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*",
        // normalizers of transformers
        " {2,}",
        " +▁",
        "^▁+$",
        "\\s+",
        "\\s{2,}|[\\n\\r\\t]",
        "[^\\x00-\\x7F]",
        "\\n"
      })
  void publishedPatternsPass(String pattern) {
    TokenizerPattern cost = TokenizerPattern.of(pattern);

    // Two million characters may be encoded at once with all of them.
    assertThat(cost.triesPerCharacter()).isLessThanOrEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "(a+)+(b+)+$; several ways",
        "(a|aa)+$; several ways",
        "(a|a)*b; several ways",
        "(a*)*; several ways",
        "(a?)*b; several ways",
        "a*a*b; power of 2",
        "\\w+\\s*\\w+\\s*$; power of 4",
        "[\\s\\S]+x; power of 2",
        ".*x; power of 2",
        "(?=.*x)a; power of 2",
        "(a?){30}a{30}; ways",
        "(a|b|c|d){9}x; ways",
        "a{1000}{1000}; multiply",
        "(a)\\1; \\1 is not known",
        "(?<n>a)\\g<n>; not known",
        "(?~ab); not known",
        "(*FAIL); not known",
        "(?(1)a|b); not known",
        "(?x) a; not known",
        "a\\Kb; not known",
        "[a; no end",
        "(a; no end",
        "a); nothing opens",
        "+a; begins",
      })
  void doubtfulPatternsAreRefusedWithTheReason(String pattern, String reason) {
    assertThatThrownBy(() -> TokenizerPattern.of(pattern))
        .isInstanceOf(DoubtfulPatternException.class)
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {"a;1", "a*;0", "a{3}b?;3", "ab|c;1", "(?:ab){2,};4", "(?=a);0", "a{2}?;0"})
  void knowsTheLeastLengthOfAMatch(String pattern, int length) {
    assertThat(TokenizerPattern.of(pattern).minLength()).isEqualTo(length);
  }
}
