// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.generate;

import dev.trainer4j.checkpoint.ReplacedFile;
import dev.trainer4j.cli.Console;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.TextStreamer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A conversation with a model, line by line: what was said, and the commands that begin with a slash. */
final class Conversation {

  private static final String PROMPT = "> ";

  private static final List<String> HELP =
      List.of(
          "/clear          forget what was said",
          "/system TEXT    set the system prompt, and forget what was said; without TEXT show it",
          "/undo           forget the last question and its answer",
          "/save [FILE]    write the conversation as a line of JSON, as trainer sft reads it",
          "/exit           end the chat, as Ctrl-D does",
          "//TEXT          say something that begins with a slash");

  private final Writer writer;
  private final GenerationConfig settings;
  private final PrintWriter out;
  private final Console console;
  private final boolean interactive;
  private final @Nullable Path save;
  private final List<Map<String, String>> turns = new ArrayList<>();
  private @Nullable String system;

  Conversation(
      Writer writer,
      GenerationConfig settings,
      WriterArguments args,
      Console console,
      boolean interactive) {
    this.writer = writer;
    this.settings = settings;
    this.console = console;
    this.interactive = interactive;
    out = console.out();
    save = args.save();
    system = args.system();
  }

  /** Talks until the lines end or one says so. */
  void run(BufferedReader lines) throws IOException {
    if (interactive) {
      console.tell("Say something; /help lists the commands, Ctrl-D ends the chat.");
    }
    try (StopKey stop = interactive ? StopKey.listen(this::hint) : StopKey.none()) {
      prompt();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.strip().equals("/exit") || line.strip().equals("/quit")) {
          break;
        }
        react(line.strip(), stop);
        prompt();
      }
    }
    if (save != null && !turns.isEmpty()) {
      write(save);
    }
  }

  private void prompt() {
    if (interactive) {
      out.print(PROMPT);
      out.flush();
    }
  }

  /** Ctrl-C where nothing is being written. */
  private void hint() {
    out.println();
    out.println("Ctrl-D or /exit ends the chat.");
    prompt();
  }

  private void react(String line, StopKey stop) {
    if (line.isEmpty()) {
      return;
    }
    if (!line.startsWith("/")) {
      answer(line, stop);
    } else if (line.startsWith("//")) {
      answer(line.substring(1), stop);
    } else {
      command(line);
    }
  }

  private void command(String line) {
    String[] words = line.split("\\s+", 2);
    String rest = words.length > 1 ? words[1].strip() : "";
    switch (words[0]) {
      case "/clear" -> turns.clear();
      case "/undo" -> undo();
      case "/help" -> HELP.forEach(console.err()::println);
      case "/save" -> save(rest);
      case "/system" -> {
        if (rest.isEmpty()) {
          console.err().println(system == null ? "There is no system prompt." : system);
        } else {
          system = rest;
          turns.clear();
        }
      }
      default ->
          console
              .err()
              .println(
                  "There is no command "
                      + words[0]
                      + "; /help lists them. To say it, begin with two slashes.");
    }
  }

  private void undo() {
    while (!turns.isEmpty()) {
      Map<String, String> last = turns.remove(turns.size() - 1);
      if ("user".equals(last.get("role"))) {
        return;
      }
    }
  }

  private void save(String name) {
    try {
      Path file = name.isEmpty() ? save : Path.of(name);
      if (file == null) {
        console.err().println("Name a file: /save chat.jsonl");
      } else {
        write(file);
      }
    } catch (InvalidPathException | IOException e) {
      // Nothing of the conversation is lost by a mistyped path.
      console.err().println("Not saved, is the folder there? " + e.getMessage());
    }
  }

  private void write(Path file) throws IOException {
    String line = JsonText.line(Map.of("messages", messages())) + "\n";
    ReplacedFile.write(file, line.getBytes(StandardCharsets.UTF_8));
    console.tell("Saved: " + file);
  }

  private List<Map<String, String>> messages() {
    List<Map<String, String>> all = new ArrayList<>();
    if (system != null) {
      all.add(Map.of("role", "system", "content", system));
    }
    all.addAll(turns);
    return all;
  }

  private void answer(String question, StopKey stop) {
    turns.add(Map.of("role", "user", "content", question));
    StringBuilder said = new StringBuilder();
    try {
      long[][] ids = {writer.encode(messages())};
      TextStreamer text =
          new TextStreamer(
              writer.tokenizer(),
              piece -> {
                said.append(piece);
                out.print(piece);
                out.flush();
              });
      boolean whole =
          stop.during(
              checkpoint ->
                  writer
                      .generator()
                      .withStreamer(
                          tokens -> {
                            text.onTokens(tokens);
                            checkpoint.run();
                          })
                      .generate(ids, null, settings));
      text.end();
      out.println(whole ? "" : " [stopped]");
    } catch (IllegalArgumentException e) {
      // Such as a conversation beyond what the model takes: the chat goes on.
      turns.remove(turns.size() - 1);
      out.println();
      console.err().println(e.getMessage());
      console
          .err()
          .println("This was not answered; /clear or /undo make the conversation shorter.");
      return;
    }
    turns.add(Map.of("role", "assistant", "content", said.toString()));
  }
}
