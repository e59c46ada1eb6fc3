// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

/** The roles of special tokens, by the names they have in {@code tokenizer_config.json}. */
public enum SpecialToken {
  /** Begins a text. */
  BOS("bos_token"),
  /** Ends a text. */
  EOS("eos_token"),
  /** Stands for what the vocabulary lacks. */
  UNK("unk_token"),
  /** Separates or ends texts. */
  SEP("sep_token"),
  /** Fills up short texts. */
  PAD("pad_token"),
  /** Stands for the whole text. */
  CLS("cls_token"),
  /** Hides a token that is to be predicted. */
  MASK("mask_token");

  private final String key;

  SpecialToken(String key) {
    this.key = key;
  }

  /** Returns the key in {@code tokenizer_config.json}, such as {@code pad_token}. */
  public String key() {
    return key;
  }
}
