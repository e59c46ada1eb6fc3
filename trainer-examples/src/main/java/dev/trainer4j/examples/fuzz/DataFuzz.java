// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.fuzz;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.TokenType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Files of samples and of arguments. */
final class DataFuzz implements FuzzTarget {

  private static final byte[] CSV =
      utf8("text,label\n\"a, \"\"b\"\"\",1\nc,0\n\n\"two\nlines\",1\n");
  private static final byte[] LINES =
      utf8("{\"text\": \"a\", \"label\": 1}\n\n{\"text\": \"é\", \"label\": [0, 1]}\n");
  private static final byte[] YAML =
      utf8("learning_rate: 5e-5\nlogging_steps: 10\nreport_to: [csv]\noptim_args: {a: 1}\n");
  private static final byte[] JSON =
      utf8("{\"learning_rate\": 5e-5, \"lr_scheduler_kwargs\": {\"factor\": 0.5}, \"seed\": 7}");

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void prepare(Path folder) {
    // The good files are constants.
  }

  @Override
  public void run(Random random, Path folder) throws IOException {
    switch (random.nextInt(6)) {
      case 0 -> Datasets.csv(write(folder, "data.csv", CSV, random));
      case 1 -> Datasets.jsonLines(write(folder, "data.jsonl", LINES, random));
      case 2 -> Datasets.textLines(write(folder, "data.txt", CSV, random));
      case 3 -> TrainingArguments.fromYaml(write(folder, "args.yaml", YAML, random));
      case 4 -> TrainingArguments.fromJson(write(folder, "args.json", JSON, random));
      default ->
          Datasets.tokenFile(
              write(folder, "data.bin", new byte[1 + random.nextInt(40)], random),
              TokenType.UINT16,
              1 + random.nextInt(8));
    }
  }

  private static Path write(Path folder, String name, byte[] good, Random random)
      throws IOException {
    byte[] bytes = good;
    for (int i = random.nextInt(3); i >= 0; i--) {
      bytes = JsonDamage.damage(bytes, random);
    }
    return Files.write(folder.resolve(name), bytes);
  }
}
