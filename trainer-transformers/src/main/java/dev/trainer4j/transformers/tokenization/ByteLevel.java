// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that are pieces of the bytes of a text, a character for each byte: those of GPT-2, Llama 3 and Qwen. Where
 * they are in the text follows from their lengths, so that the native library needs not make an object for each.
 *
 * <p>It is known only where nothing changes the text, and where the tokens together have all of its bytes. No token
 * has more bytes than it takes of the text: where one takes spaces, too, or some are left out, the sum tells.
 */
final class ByteLevel {

  /** They divide a text, or leave out some of it, and change nothing. */
  private static final Set<String> SPLITTERS = Set.of("Split", "Digits", "Punctuation");

  private final @Nullable String[] tokens;
  private final int[] lengths;
  private final boolean composes;

  private ByteLevel(@Nullable String[] tokens, int[] lengths, boolean composes) {
    this.tokens = tokens;
    this.lengths = lengths;
    this.composes = composes;
  }

  /** Returns the tokens of a {@code tokenizer.json}; null if they are of another kind. */
  static @Nullable ByteLevel of(JsonNode tokenizer, Vocabulary vocabulary) {
    JsonNode normalizer = tokenizer.path("normalizer");
    boolean composes = isType(normalizer, "NFC");
    JsonNode model = tokenizer.path("model");
    if (!(composes || isAbsent(normalizer))
        || !isSplitIntoBytes(tokenizer.path("pre_tokenizer"))
        || !keepsOffsets(tokenizer.path("post_processor"))
        || !isPlain(model)) {
      return null;
    }
    @Nullable String[] tokens = vocabulary.byId();
    if (tokens == null) {
      return null;
    }
    int[] lengths = new int[tokens.length];
    for (int id = 0; id < tokens.length; id++) {
      String token = tokens[id];
      lengths[id] = token == null ? 0 : token.length();
    }
    for (AddedToken added : vocabulary.added()) {
      String content = added.content();
      Integer id = vocabulary.id(content);
      int length = content.getBytes(StandardCharsets.UTF_8).length;
      boolean isAlsoBytes = model.path("vocab").has(content) && length != content.length();
      if (id == null || isAlsoBytes || (composes && !isComposed(content))) {
        return null;
      }
      lengths[id] = length;
    }
    return new ByteLevel(tokens, lengths, composes);
  }

  private static boolean isAbsent(JsonNode part) {
    return part.isMissingNode() || part.isNull();
  }

  private static boolean isType(JsonNode part, String type) {
    return part.path("type").asText().equals(type);
  }

  private static boolean isSplitIntoBytes(JsonNode part) {
    if (!isType(part, "Sequence")) {
      return isByteLevel(part);
    }
    int count = 0;
    for (JsonNode each : part.path("pretokenizers")) {
      if (isByteLevel(each)) {
        count++;
      } else if (!SPLITTERS.contains(each.path("type").asText())) {
        return false;
      }
    }
    return count == 1;
  }

  private static boolean isByteLevel(JsonNode part) {
    return isType(part, "ByteLevel") && !part.path("add_prefix_space").asBoolean(true);
  }

  private static boolean keepsOffsets(JsonNode part) {
    return switch (part.path("type").asText()) {
      case "Sequence" -> {
        for (JsonNode each : part.path("processors")) {
          if (!keepsOffsets(each)) {
            yield false;
          }
        }
        yield true;
      }
      case "ByteLevel", "RobertaProcessing" -> !part.path("trim_offsets").asBoolean(true);
      case "TemplateProcessing", "BertProcessing" -> true;
      default -> isAbsent(part);
    };
  }

  /** Whether tokens have nothing but their bytes, and every byte is a token, so that none is unknown. */
  private static boolean isPlain(JsonNode model) {
    return isType(model, "BPE")
        && model.path("continuing_subword_prefix").asText("").isEmpty()
        && model.path("end_of_word_suffix").asText("").isEmpty()
        && alphabet().allMatch(c -> model.path("vocab").has(Character.toString(c)));
  }

  /** The characters that stand for bytes: printable ones for themselves, those from U+0100 on for the other 68. */
  private static IntStream alphabet() {
    return IntStream.rangeClosed('!', 0x143).filter(c -> c <= '~' || (c >= 0xa1 && c != 0xad));
  }

  /** Whether NFC leaves a text as it is, also that of libraries that know other versions of Unicode. */
  private static boolean isComposed(String text) {
    return Normalizer.isNormalized(text, Normalizer.Form.NFC)
        && text.codePoints().allMatch(Character::isDefined);
  }

  /** Returns the tokens with these ids, as they stand in the vocabulary. */
  @Nullable String[] tokens(int[] ids) {
    @Nullable String[] found = new String[ids.length];
    for (int i = 0; i < ids.length; i++) {
      found[i] = tokens[ids[i]];
    }
    return found;
  }

  /**
   * Finds where tokens are in their text. One that has a part of the bytes of a character has all of the character.
   *
   * @param sequences the text that each token is of
   * @param sequence the text; places of the tokens of others stay as they are
   * @param text without halves of surrogate pairs
   * @param starts where to put the first char of each token
   * @param ends where to put the char behind its last one
   * @return whether the places are known; if not, what was put is of no use
   */
  boolean locate(int[] ids, int[] sequences, int sequence, String text, int[] starts, int[] ends) {
    if (composes && !isComposed(text)) {
      return false;
    }
    int at = 0;
    int behind = 0; // bytes of the code point at this place that earlier tokens have
    for (int i = 0; i < ids.length; i++) {
      if (sequences[i] != sequence) {
        continue;
      }
      if (ids[i] >= lengths.length || lengths[ids[i]] == 0) {
        return false;
      }
      starts[i] = at;
      behind += lengths[ids[i]];
      while (at < text.length() && behind >= bytes(text.charAt(at))) {
        behind -= bytes(text.charAt(at));
        at += chars(text.charAt(at));
      }
      if (behind > 0 && at == text.length()) {
        return false;
      }
      ends[i] = behind == 0 ? at : at + chars(text.charAt(at));
    }
    return at == text.length();
  }

  /** The chars of the code point that begins with one. */
  private static int chars(char first) {
    return Character.isHighSurrogate(first) ? 2 : 1;
  }

  /** The bytes of the code point that begins with a char, in UTF-8. */
  private static int bytes(char first) {
    if (first < 0x80) {
      return 1;
    }
    if (first < 0x800) {
      return 2;
    }
    return Character.isHighSurrogate(first) ? 4 : 3;
  }
}
