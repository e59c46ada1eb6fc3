// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long the chains are in which classes and functions of an archive need each other: libtorch loads, and
 * later inlines, what a definition needs before the definition itself.
 */
final class DefinitionDepth {

  private static final int LONGEST_CHAIN = 300;
  private static final int LONGEST_FUNCTION = 20_000;
  private static final Pattern BEGIN = Pattern.compile("(class|def) (\\w+)");
  private static final Pattern NAME = Pattern.compile("__torch__(?:\\.\\w+)+");

  private static final class Definition {
    private final String name;
    private final Set<String> needs = new LinkedHashSet<>();

    /** Its functions, each of which may need the next. */
    private int functions = 1;

    private int length;
    private List<Definition> parts = List.of();
    private int next;
    private int depth;
    private boolean open;

    private Definition(String name) {
      this.name = name;
    }
  }

  private final Map<String, Definition> all = new LinkedHashMap<>();

  /**
   * Reads a source.
   *
   * @param module what the names in it begin with, such as {@code __torch__.torch.nn.functional}
   * @throws IOException if a function is too long
   */
  void add(String module, String source) throws IOException {
    Definition current = new Definition(module);
    for (String line : (Iterable<String>) source.lines()::iterator) {
      Matcher begin = BEGIN.matcher(line);
      if (begin.lookingAt()) {
        current = new Definition(module + "." + begin.group(2));
        all.put(current.name, current);
      } else if (line.stripLeading().startsWith("def ")) {
        current.functions++;
        current.length = 0;
      }
      if (++current.length > LONGEST_FUNCTION) {
        throw new IOException(
            "has a function of more than " + LONGEST_FUNCTION + " lines, in " + current.name);
      }
      Matcher names = NAME.matcher(line);
      while (names.find()) {
        current.needs.add(names.group());
      }
    }
  }

  /**
   * Measures what was read.
   *
   * @throws IOException if a chain is too long
   */
  void check() throws IOException {
    Map<String, Definition> known = new HashMap<>(all);
    for (Definition definition : all.values()) {
      List<Definition> parts = new ArrayList<>();
      for (String name : definition.needs) {
        Definition part = known.get(name);
        if (part == null) { // A method of a class.
          part = known.get(name.substring(0, name.lastIndexOf('.')));
        }
        if (part != null && part != definition) {
          parts.add(part);
        }
      }
      definition.parts = parts;
    }
    for (Definition definition : all.values()) {
      measure(definition);
    }
  }

  /** Measures without calling itself. */
  private static void measure(Definition root) throws IOException {
    Deque<Definition> path = new ArrayDeque<>();
    int length = 0;
    if (root.depth == 0) {
      path.push(root);
      root.open = true;
      length += root.functions;
      require(length, root);
    }
    while (!path.isEmpty()) {
      Definition definition = path.peek();
      if (definition.next < definition.parts.size()) {
        Definition part = definition.parts.get(definition.next++);
        if (part.depth > 0) {
          require(length + part.depth, root);
        } else if (!part.open) {
          path.push(part);
          part.open = true;
          length += part.functions;
          require(length, root);
        }
      } else {
        int deepest = 0;
        for (Definition part : definition.parts) {
          deepest = Math.max(deepest, part.depth);
        }
        definition.depth = deepest + definition.functions;
        definition.open = false;
        length -= definition.functions;
        path.pop();
      }
    }
  }

  private static void require(int length, Definition root) throws IOException {
    if (length > LONGEST_CHAIN) {
      throw new IOException(
          root.name
              + " needs a chain of more than "
              + LONGEST_CHAIN
              + " classes and functions, each within the one before");
    }
  }
}
