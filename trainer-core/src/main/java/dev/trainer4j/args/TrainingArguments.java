// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.immutables.value.Value;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be said about a run, under the names of Hugging Face's {@code TrainingArguments}. It is immutable, and whole:
 * whatever way it was made, its values passed all rules, and all mistakes were reported at once.
 *
 * <pre>{@code
 * TrainingArguments args = TrainingArguments.builder()
 *     .outputDir(Path.of("out"))
 *     .numTrainEpochs(3)
 *     .learningRate(3e-4)
 *     .evalStrategy(IntervalStrategy.EPOCH)
 *     .build();
 * }</pre>
 *
 * <p>In files and on the command line the keys are Hugging Face's own ({@code learning_rate}) and the values its lower-case ones.
 * What Trainer4J does not support yet is refused, never ignored; {@code docs/training-arguments.md} lists every field.
 */
@HiddenImplementation
@Value.Immutable
public interface TrainingArguments
    extends DurationArguments,
        ScheduleArguments,
        OptimizerArguments,
        PrecisionArguments,
        LoggingArguments,
        EvaluationArguments,
        CheckpointArguments,
        HubArguments,
        DataArguments,
        DistributedArguments,
        RuntimeArguments,
        ShardingArguments {

  /**
   * Starts from the defaults.
   *
   * @return a new builder
   */
  static Builder builder() {
    return new Builder();
  }

  /**
   * The description of these arguments, to read them together with others: see {@link ArgumentReader}.
   *
   * @return every argument, in the order of the documentation
   */
  static ArgumentTable<TrainingArguments, Builder> table() {
    return TrainingArgumentTable.TABLE;
  }

  /**
   * Starts from these arguments.
   *
   * @return a new builder
   */
  default Builder toBuilder() {
    return new Builder().from(this);
  }

  /**
   * The updates between two evaluations, a share resolved and rounded up.
   *
   * @param totalSteps the updates of the whole run
   * @return at least 1 where the strategy is steps
   */
  default int evalStepsFor(int totalSteps) {
    return Steps.resolve(evalSteps().orElse(loggingSteps()), totalSteps);
  }

  /**
   * What ranks share out, as {@code fsdp} or {@code deepspeed} ask for it. A world of one process has nobody to share with, and trains
   * as without them, but for what goes to the memory of the CPU.
   *
   * @return {@link ShardingPlan#NONE} by default
   */
  default ShardingPlan sharding() {
    return Sharding.of(this).plan();
  }

  /**
   * Checks what a run knows and arguments alone do not: the sizes that {@code deepspeed} and {@code parallelism_config} were written
   * for.
   *
   * @param worldSize the number of ranks
   * @param machines the number of machines that they are on
   * @param totalSteps the updates of the whole run
   * @throws InvalidArgumentsException with every difference
   */
  default void requireRun(int worldSize, int machines, long totalSteps) {
    List<ArgumentProblem> problems = Sharding.of(this).problems(worldSize, machines, totalSteps);
    if (!problems.isEmpty()) {
      throw new InvalidArgumentsException("the training arguments", problems);
    }
  }

  /**
   * Reads a JSON file.
   *
   * @param file an object of arguments; what it leaves out keeps its default
   * @return the arguments
   * @throws InvalidArgumentsException with every mistake of the file
   */
  static TrainingArguments fromJson(Path file) {
    return TrainingArgumentTable.read(ArgumentSource.file(file, Syntax.JSON));
  }

  /**
   * Reads a YAML file.
   *
   * @param file a mapping of arguments; what it leaves out keeps its default
   * @return the arguments
   * @throws InvalidArgumentsException with every mistake of the file
   */
  static TrainingArguments fromYaml(Path file) {
    return TrainingArgumentTable.read(ArgumentSource.file(file, Syntax.YAML));
  }

  /**
   * Reads JSON.
   *
   * @param json an object of arguments; what it leaves out keeps its default
   * @return the arguments
   * @throws InvalidArgumentsException with every mistake
   */
  static TrainingArguments parseJson(String json) {
    return TrainingArgumentTable.read(ArgumentSource.text("the JSON", json, Syntax.JSON));
  }

  /**
   * Reads YAML.
   *
   * @param yaml a mapping of arguments; what it leaves out keeps its default
   * @return the arguments
   * @throws InvalidArgumentsException with every mistake
   */
  static TrainingArguments parseYaml(String yaml) {
    return TrainingArgumentTable.read(ArgumentSource.text("the YAML", yaml, Syntax.YAML));
  }

  /**
   * Reads a map.
   *
   * @param values arguments by Hugging Face's names, as {@link #toMap()} gives them; what it leaves out keeps its default
   * @return the arguments
   * @throws InvalidArgumentsException with every mistake
   */
  static TrainingArguments fromMap(Map<String, ?> values) {
    return TrainingArgumentTable.read(ArgumentSource.map(values));
  }

  /**
   * Reads a command line: {@code --learning_rate 3e-5}, {@code --learning_rate=3e-5} or {@code --learning-rate 3e-5}. A flag alone
   * means true. {@code --config file.yaml} (or {@code .json}) is read first, and the other flags win over it.
   *
   * @param args the words of the command line
   * @return the arguments
   * @throws InvalidArgumentsException with every mistake of the command line and of the file it names
   * @throws HelpRequestedException when {@code --help} is among them; its message is {@link #commandLineHelp()}
   */
  static TrainingArguments fromCommandLine(String... args) {
    return TrainingArgumentTable.READER.fromCommandLine(args).get(TrainingArgumentTable.TABLE);
  }

  /**
   * What {@code --help} prints.
   *
   * @return every flag with its default and its meaning
   */
  static String commandLineHelp() {
    return TrainingArgumentTable.READER.commandLineHelp();
  }

  /**
   * The arguments by Hugging Face's names, in the order of the documentation, as plain values: strings, numbers, booleans, lists,
   * maps, and null for what is unset. Secrets are masked.
   *
   * @return a new map
   */
  default Map<String, @Nullable Object> toMap() {
    return TrainingArgumentTable.TABLE.toMap(this);
  }

  /**
   * Writes the arguments as JSON, secrets masked.
   *
   * @return what {@link #parseJson} reads back to equal arguments
   */
  default String toJson() {
    return TrainingArgumentTable.TABLE.toJson(this);
  }

  /**
   * Writes the arguments as YAML, secrets masked.
   *
   * @return what {@link #parseYaml} reads back to equal arguments
   */
  default String toYaml() {
    return TrainingArgumentTable.TABLE.toYaml(this);
  }

  /** Collects arguments; {@link #build()} checks them all. */
  final class Builder extends ImmutableTrainingArguments.Builder {
    private final List<ArgumentProblem> problems = new ArrayList<>();

    Builder() {}

    /**
     * Sets {@link TrainingArguments#optimArgs()} in Hugging Face's form.
     *
     * @param keysAndValues such as {@code "momentum=0.9,nesterov=true"}
     * @return this builder
     */
    public Builder optimArgs(String keysAndValues) {
      CompoundTypes.splitPairs(keysAndValues)
          .ifPresentOrElse(
              this::optimArgs,
              () ->
                  problems.add(
                      new ArgumentProblem(
                          "optim_args", keysAndValues, "key=value pairs joined by commas", "")));
      return this;
    }

    /**
     * Sets {@link TrainingArguments#includeForMetrics()}.
     *
     * @param names {@code inputs}, {@code loss}
     * @return this builder
     */
    public Builder includeForMetrics(String... names) {
      return includeForMetrics(Arrays.asList(names));
    }

    /**
     * Sets {@link TrainingArguments#labelNames()}.
     *
     * @param names the inputs that are labels
     * @return this builder
     */
    public Builder labelNames(String... names) {
      return labelNames(Arrays.asList(names));
    }

    /**
     * Sets {@link TrainingArguments#reportTo()}.
     *
     * @param names such as {@code tensorboard}, {@code csv}; or {@code all}, or {@code none}
     * @return this builder
     */
    public Builder reportTo(String... names) {
      return reportTo(Arrays.asList(names));
    }

    /**
     * Sets {@link TrainingArguments#fsdp()}.
     *
     * @param on whether to share out with FSDP
     * @return this builder
     */
    public Builder fsdp(boolean on) {
      return fsdp(on ? List.of("full_shard") : List.of());
    }

    /**
     * Sets {@link TrainingArguments#fsdpConfig()}.
     *
     * @param file a JSON file
     * @return this builder
     */
    public Builder fsdpConfig(Path file) {
      return read("fsdp_config", file, this::fsdpConfig);
    }

    /**
     * Sets {@link TrainingArguments#deepspeed()}.
     *
     * @param file a JSON file, such as {@code ds_config.json}
     * @return this builder
     */
    public Builder deepspeed(Path file) {
      return read("deepspeed", file, this::deepspeed);
    }

    private Builder read(String argument, Path file, Consumer<Map<String, Object>> setter) {
      try {
        setter.accept(ConfigFileType.file(file.toString()));
      } catch (IllegalArgumentException e) {
        String expected = ConfigFileType.TYPE.expected() + "; " + e.getMessage();
        problems.add(new ArgumentProblem(argument, file.toString(), expected, ""));
      }
      return this;
    }

    /**
     * Checks the arguments together.
     *
     * @return the arguments
     * @throws InvalidArgumentsException with every mistake
     */
    @Override
    public TrainingArguments build() {
      return TrainingArgumentTable.TABLE.checked(super.build(), "the training arguments", problems);
    }

    /** The values as they were set, for a reader that reports its own mistakes together with those of the rules. */
    TrainingArguments unchecked() {
      return super.build();
    }
  }
}
