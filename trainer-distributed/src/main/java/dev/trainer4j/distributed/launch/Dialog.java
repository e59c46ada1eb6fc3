// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/** Questions on a terminal, each asked again until its answer is one. An empty answer takes what stands in brackets. */
final class Dialog {

  private final BufferedReader in;
  private final PrintWriter out;

  Dialog(BufferedReader in, PrintWriter out) {
    this.in = in;
    this.out = out;
  }

  /** Asks for one of some words, by the word or its number. */
  String choose(String question, List<String> words, String otherwise) throws IOException {
    StringBuilder list = new StringBuilder(question);
    for (int i = 0; i < words.size(); i++) {
      list.append("\n  ").append(i).append("  ").append(words.get(i));
    }
    while (true) {
      String answer = answer(list + "\nAnswer", otherwise);
      for (int i = 0; i < words.size(); i++) {
        if (answer.equalsIgnoreCase(words.get(i)) || answer.equals(String.valueOf(i))) {
          return words.get(i);
        }
      }
      again(answer, "one of these, or its number");
    }
  }

  boolean yes(String question, boolean otherwise) throws IOException {
    while (true) {
      String answer = answer(question, otherwise ? "yes" : "no").toLowerCase(Locale.ROOT);
      if (List.of("yes", "y", "true", "1").contains(answer)) {
        return true;
      }
      if (List.of("no", "n", "false", "0").contains(answer)) {
        return false;
      }
      again(answer, "yes or no");
    }
  }

  int whole(String question, int from, int otherwise) throws IOException {
    String answer =
        text(
            question,
            String.valueOf(otherwise),
            text -> text.matches("\\d{1,9}") && Integer.parseInt(text) >= from,
            "a whole number from " + from);
    return Integer.parseInt(answer);
  }

  double number(String question, double otherwise) throws IOException {
    String answer =
        text(
            question,
            String.valueOf(otherwise),
            text -> text.matches("\\d{1,9}(\\.\\d{1,9})?") && Double.parseDouble(text) > 0,
            "a number above 0");
    return Double.parseDouble(answer);
  }

  /** Asks for a text. */
  String text(String question, String otherwise, Predicate<String> good, String expected)
      throws IOException {
    while (true) {
      String answer = answer(question, otherwise);
      if (good.test(answer)) {
        return answer;
      }
      again(answer, expected);
    }
  }

  private String answer(String question, String otherwise) throws IOException {
    out.print(question + (otherwise.isEmpty() ? ": " : " [" + otherwise + "]: "));
    out.flush();
    String line = in.readLine();
    if (line == null) {
      throw new LaunchException("the answers ended before the questions; nothing was written");
    }
    return line.isBlank() ? otherwise : line.strip();
  }

  private void again(String answer, String expected) {
    out.println("'" + answer + "' is no answer; expected " + expected + ".");
  }
}
