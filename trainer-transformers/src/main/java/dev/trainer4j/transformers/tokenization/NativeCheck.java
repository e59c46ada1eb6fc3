// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.json.JsonPlace;
import java.util.Map;
import java.util.Set;

/**
 * Looks at a {@code tokenizer.json} before the native library does, which ends the process where it
 * meets what it does not expect: an index that leads out, an error in what it took for checked, a
 * pattern that is tried ten million times. Whatever leads there is refused with its path.
 *
 * <p>Nothing is looked up by its {@code type} alone: the native library takes a part for whatever its
 * fields fit to, if it does not know the type.
 */
final class NativeCheck {

  private static final Set<String> NORMALIZERS =
      Set.of(
          "BertNormalizer",
          "Strip",
          "StripAccents",
          "NFC",
          "NFD",
          "NFKC",
          "NFKD",
          "Sequence",
          "Lowercase",
          "Nmt",
          "Precompiled",
          "Replace",
          "Prepend",
          "ByteLevel");
  private static final Set<String> PRE_TOKENIZERS =
      Set.of(
          "BertPreTokenizer",
          "ByteLevel",
          "Delimiter",
          "CharDelimiterSplit",
          "Metaspace",
          "Whitespace",
          "Sequence",
          "Split",
          "Punctuation",
          "WhitespaceSplit",
          "Digits",
          "UnicodeScripts",
          "FixedLength");
  private static final Set<String> PROCESSORS =
      Set.of("BertProcessing", "RobertaProcessing", "ByteLevel", "TemplateProcessing", "Sequence");
  private static final Set<String> DECODERS =
      Set.of(
          "BPEDecoder",
          "ByteLevel",
          "WordPiece",
          "Metaspace",
          "CTC",
          "Sequence",
          "Replace",
          "Fuse",
          "Strip",
          "ByteFallback");

  /** The native library's own limit is 128 for the whole file. */
  private static final int MAX_DEPTH = 50;

  private final JsonPlace root;
  private final boolean trusted;

  NativeCheck(JsonPlace root, boolean trusted) {
    this.root = root;
    this.trusted = trusted;
  }

  /**
   * Checks all parts.
   *
   * @return the length of the longest text that may be encoded
   * @throws TokenizerException for what would end the process
   */
  int longestText() {
    ModelCheck.check(root.at("model"));
    types(root.at("normalizer"), NORMALIZERS);
    types(root.at("pre_tokenizer"), PRE_TOKENIZERS);
    types(root.at("post_processor"), PROCESSORS);
    types(root.at("decoder"), DECODERS);
    ProcessorCheck.check(root.at("post_processor"));
    decoder(root.at("decoder"));
    TextCost cost = new TextCost(trusted, true);
    cost.add(root.at("normalizer"));
    cost.add(root.at("pre_tokenizer"));
    new TextCost(trusted, false).add(root.at("decoder"));
    return cost.longestText();
  }

  private static void types(JsonPlace section, Set<String> known) {
    if (section.exists() && !section.node().isObject()) {
      throw section.wrong("an object or null");
    }
    depth(section, section.node(), 0);
    section.everyObject(
        part -> {
          boolean isPart =
              part.path().equals(section.path())
                  || (part.path().endsWith("]") && isPart(section, part));
          if (isPart && !known.contains(part.at("type").text())) {
            throw part.at("type").wrong("one of " + String.join(", ", sorted(known)));
          }
        });
  }

  /** Whether an object is one of a sequence, and no piece of a template. */
  private static boolean isPart(JsonPlace section, JsonPlace place) {
    String list = place.path().substring(section.path().length()).replaceAll("\\[\\d+\\]$", "");
    return list.matches("(\\.(normalizers|pretokenizers|processors|decoders)(\\[\\d+\\])?)+");
  }

  private static Iterable<String> sorted(Set<String> names) {
    return names.stream().sorted().toList();
  }

  private static void depth(JsonPlace section, JsonNode node, int depth) {
    if (depth > MAX_DEPTH) {
      throw section.wrong("no more than " + MAX_DEPTH + " objects and arrays inside each other");
    }
    for (JsonNode child : node) {
      depth(section, child, depth + 1);
    }
  }

  private static void decoder(JsonPlace decoder) {
    decoder.everyObject(
        part -> {
          JsonPlace stop = part.at("stop");
          if (stop.exists() && !(stop.node().isInt() && stop.node().intValue() == 0)) {
            throw stop.wrong(
                "0, because the native tokenizer ends the process if a token is shorter than"
                    + " what is cut from its end");
          }
        });
    plain(decoder, decoder.node());
  }

  /** What the native library cannot parse it takes for impossible, in a decoder. */
  private static void plain(JsonPlace decoder, JsonNode node) {
    if (node.isTextual() && !Utf16.isWellFormed(node.textValue())) {
      throw decoder.wrong("texts without halves of surrogate pairs");
    }
    if (node.isNumber() && !Double.isFinite(node.doubleValue())) {
      throw decoder.wrong("numbers within the range of a double");
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!Utf16.isWellFormed(field.getKey())) {
        throw decoder.wrong("keys without halves of surrogate pairs");
      }
    }
    node.forEach(child -> plain(decoder, child));
  }
}
