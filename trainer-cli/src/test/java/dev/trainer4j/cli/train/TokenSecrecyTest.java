// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.trainer4j.cli.CommandLineRun;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A token of the Hub is nowhere to be read, wherever it comes from. */
class TokenSecrecyTest {
  private static final Path MODEL =
      Path.of("../trainer-transformers/src/test/resources/parity/models/bert-classify");
  private static final String IN_ENVIRONMENT = "hf_environmentSecret1";
  private static final String IN_FILE = "hf_fileSecret2";

  @TempDir Path folder;

  private record Outcome(int exitCode, String printed, Set<String> processes) {}

  /** Runs the program as a process of its own, and looks at the list of processes meanwhile. */
  private Outcome run(Map<String, String> environment, String... words) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-Dai.djl.offline=true",
            "-DOPT_OUT_TRACKING=true",
            "dev.trainer4j.cli.Main"));
    command.addAll(List.of(words));
    Path printed = folder.resolve("printed.log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(printed.toFile());
    builder.environment().put("OMP_NUM_THREADS", "1");
    // The system shows no more than the first words of a process, which a class path would fill.
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    Set<String> seen = new TreeSet<>();
    while (!process.waitFor(100, TimeUnit.MILLISECONDS)) {
      Stream.concat(Stream.of(process.toHandle()), process.descendants())
          .forEach(each -> each.info().commandLine().ifPresent(seen::add));
    }
    return new Outcome(process.exitValue(), Files.readString(printed), seen);
  }

  private String[] train(String... more) throws IOException {
    Path data = folder.resolve("data.csv");
    Files.writeString(data, "text,label\nplease bring coins,aa\nwho sold,bb\n");
    Path config = folder.resolve("run.yaml");
    Files.writeString(config, "hub_token: " + IN_FILE + "\n");
    List<String> words =
        new ArrayList<>(
            List.of(
                "train",
                "--config",
                config.toString(),
                "--model_name_or_path",
                MODEL.toString(),
                "--ignore_mismatched_sizes",
                "--train_file",
                data.toString(),
                "--output_dir",
                folder.resolve("out").toString(),
                "--use_cpu",
                "--verbose",
                "--stacktrace",
                "--push_to_hub",
                "--hub_model_id",
                "me/secret",
                "--num_train_epochs",
                "1"));
    words.addAll(List.of(more));
    return words.toArray(String[]::new);
  }

  @Test
  void isInNoOutputFileOrListOfProcesses() throws Exception {
    List<String> sent = new CopyOnWriteArrayList<>();
    HttpServer hub =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    hub.createContext(
        "/",
        exchange -> {
          sent.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
          byte[] body = "{\"error\": \"Invalid credentials\"}".getBytes(UTF_8);
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(401, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    hub.start();
    try {
      Map<String, String> environment =
          Map.of(
              "HF_TOKEN",
              IN_ENVIRONMENT,
              "HF_ENDPOINT",
              "http://127.0.0.1:" + hub.getAddress().getPort(),
              "HF_HOME",
              folder.resolve("home").toString());

      Outcome refused = run(environment, train());

      assertThat(refused.exitCode()).as(refused.printed()).isEqualTo(1);
      assertThat(sent).as("the token was used").anyMatch(header -> header.contains(IN_FILE));
      assertThat(refused.printed())
          .contains("error: push_to_hub: the Hub does not know the token; make a new one at")
          .contains("\tat dev.trainer4j.hub");
      assertNowhere(refused);
    } finally {
      hub.stop(0);
    }
  }

  @Test
  void isInNoCheckpointOfARun() throws Exception {
    List<String> words = new ArrayList<>(List.of(train()));
    words.removeAll(List.of("--push_to_hub", "--hub_model_id", "me/secret"));
    Outcome trained = run(Map.of("HF_TOKEN", IN_ENVIRONMENT), words.toArray(String[]::new));

    assertThat(trained.exitCode()).as(trained.printed()).isZero();
    assertThat(folder.resolve("out/checkpoint-1/training_args.json")).exists();
    assertNowhere(trained);
  }

  @Test
  void isRefusedInACommandLine() throws IOException {
    for (String flag : List.of("--hub_token", "--hub-token", "--hub_token=" + IN_FILE)) {
      CommandLineRun run = CommandLineRun.of((Object[]) train(flag, IN_FILE));

      assertThat(run.exitCode()).isEqualTo(2);
      assertThat(run.err())
          .contains("set the environment variable HF_TOKEN")
          .doesNotContain(IN_FILE);
    }
  }

  private void assertNowhere(Outcome outcome) throws IOException {
    assertThat(outcome.processes()).as("looked at").isNotEmpty();
    assertThat(String.join("\n", outcome.processes()))
        .contains("--stacktrace")
        .doesNotContain(IN_ENVIRONMENT, IN_FILE);
    assertThat(outcome.printed()).doesNotContain(IN_ENVIRONMENT, IN_FILE);
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String text =
            new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1);
        boolean own = file.getFileName().toString().equals("run.yaml");
        assertThat(text.contains(IN_ENVIRONMENT)).as(file.toString()).isFalse();
        assertThat(text.contains(IN_FILE) && !own).as(file.toString()).isFalse();
      }
    }
  }
}
