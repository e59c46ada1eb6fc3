// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import dev.trainer4j.distributed.launch.JobPlan.Starter;
import dev.trainer4j.distributed.launch.RankOutput.Channel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The processes of one attempt, from their start to their end.
 *
 * <p>A shell stands between: it listens at a pipe for words of this process, and if this process ends, however it does, the pipe ends
 * and the shell ends the ranks. It has a session of its own, so that Ctrl-C in a terminal reaches this process alone, which decides
 * what ranks are told.
 */
final class Job implements AutoCloseable {

  private static final String STOP = "stop\n";
  private static final String KILL = "kill\n";

  private static final String SHELL =
      """
      exec 3<&0
      "$@" </dev/null 3<&- &
      child=$!
      (
        while read -r word <&3; do
          case "$word" in
            stop) kill -USR1 $child ;;
            kill) break ;;
          esac
        done
        kill -TERM $child
        sleep 4
        kill -KILL $child
      ) >/dev/null 2>&1 &
      watch=$!
      wait $child
      code=$?
      kill $watch 2>/dev/null
      exit $code
      """;

  private final Process process;
  private final OutputStream words;
  private final List<Thread> readers = new ArrayList<>();

  private Job(Process process, Starter starter, RankOutput output) {
    this.process = process;
    words = process.getOutputStream();
    readers.add(read(process.getInputStream(), starter, Channel.STDOUT, output));
    readers.add(read(process.getErrorStream(), starter, Channel.STDERR, output));
  }

  /** Starts a command whose processes write to {@code output}. */
  static Job start(
      Starter starter, List<String> command, Map<String, String> variables, RankOutput output) {
    List<String> whole = new ArrayList<>();
    JobCommand.find("setsid", System.getenv()).ifPresent(whole::add);
    whole.addAll(List.of("/bin/sh", "-c", SHELL, "launch"));
    whole.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(whole);
    builder.environment().putAll(variables);
    try {
      return new Job(builder.start(), starter, output);
    } catch (IOException e) {
      throw new LaunchException("the processes cannot be started: " + e.getMessage(), e);
    }
  }

  private static Thread read(InputStream in, Starter starter, Channel channel, RankOutput output) {
    LineDecoder decoder =
        new LineDecoder(starter, (rank, line) -> output.line(rank, channel, line));
    Thread thread =
        new Thread(
            () -> {
              byte[] buffer = new byte[1 << 16];
              try (in) {
                for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                  decoder.feed(buffer, count);
                }
              } catch (IOException e) {
                output.say("the output of the ranks ends early: " + e.getMessage());
              }
              decoder.end();
            },
            "launch-" + channel);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** Asks all ranks to end in order, as SIGTERM does. May be called from any thread. */
  void stop() {
    tell(STOP);
  }

  /** Ends all ranks. May be called from any thread. */
  void kill() {
    tell(KILL);
  }

  private synchronized void tell(String word) {
    try {
      words.write(word.getBytes(StandardCharsets.US_ASCII));
      words.flush();
    } catch (IOException e) {
      // The job has ended meanwhile.
    }
  }

  /** Waits for the end of all ranks, and returns the status of whoever started them. */
  int await() throws InterruptedException {
    int code = process.waitFor();
    for (Thread reader : readers) {
      // A process that outlives its rank may hold the stream.
      reader.join(TimeUnit.SECONDS.toMillis(5));
    }
    return code;
  }

  /** Ends what is left. */
  @Override
  public void close() {
    kill();
    try {
      words.close();
    } catch (IOException e) {
      // As above.
    }
    boolean interrupted = false;
    while (process.isAlive()) {
      try {
        process.waitFor();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
