// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.nn.core.Linear;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.CallbackProvider;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The names of reportTo become callbacks of the providers that the class path has. */
class ReportToTest {

  private static final List<String> HEARD = new ArrayList<>();

  private final Path dir;

  ReportToTest(@TempDir Path dir) {
    this.dir = dir;
  }

  @BeforeEach
  void forget() {
    HEARD.clear();
  }

  private Trainer.Builder trainer(String... reportTo) {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(dir.resolve("out"))
            .maxSteps(1)
            .useCpu(true)
            .reportTo(reportTo)
            .build();
    return Trainer.builder(Linear.builder().setUnits(2).build(), args)
        .trainDataset(Datasets.of(List.of(Map.of("x", new float[] {1, 2}, "labels", 1L))));
  }

  /** Runs with the providers visible as they are to a host that keeps its plugins apart. */
  private void withProviders(Runnable action, Class<?>... providers) throws IOException {
    Path services = dir.resolve("META-INF/services");
    Files.createDirectories(services);
    Files.write(
        services.resolve(CallbackProvider.class.getName()),
        List.of(providers).stream().map(Class::getName).toList());
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader host =
        new URLClassLoader(new URL[] {dir.toUri().toURL()}, ReportToTest.class.getClassLoader())) {
      thread.setContextClassLoader(host);
      action.run();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private void train(Trainer.Builder builder) {
    try (Trainer trainer = builder.build()) {
      trainer.train();
    }
  }

  @Test
  void namesWithoutAnyProviderSayWhatToAdd() {
    assertThatThrownBy(() -> trainer("tensorboard").build())
        .hasMessageContaining("reportTo: [tensorboard]")
        .hasMessageContaining("dev.trainer4j:trainer-callbacks");
  }

  @Test
  void pushingWithoutTheModuleOfTheHubSaysWhatToAdd() {
    TrainingArguments.Builder args = TrainingArguments.builder().useCpu(true).outputDir(dir);
    for (TrainingArguments.Builder asking :
        List.of(
            args.pushToHub(true), TrainingArguments.builder().useCpu(true).hubToken("hf_secret"))) {
      assertThatThrownBy(
              () -> Trainer.builder(Linear.builder().setUnits(2).build(), asking.build()).build())
          .hasMessageMatching("(?s).*(pushToHub|hubToken): needs the module.*")
          .hasMessageContaining("dev.trainer4j:trainer-hub")
          .hasMessageNotContaining("hf_secret");
    }
  }

  @Test
  void noneNeedsNoProvider() {
    train(trainer("none"));
    train(trainer());

    assertThat(HEARD).isEmpty();
  }

  @Test
  void addsTheCallbacksOfTheNamesInTheirOrder() throws IOException {
    withProviders(() -> train(trainer("late", "early")), Two.class);

    assertThat(HEARD).containsExactly("late at 1", "early at 1");
  }

  @Test
  void allLeavesOutWhatLacksALibrary() throws IOException {
    withProviders(() -> train(trainer("all")), Two.class, Incomplete.class);

    assertThat(HEARD).containsExactly("early at 1", "late at 1");
  }

  @Test
  void unknownNamesListTheKnownOnes() throws IOException {
    withProviders(
        () ->
            assertThatThrownBy(() -> trainer("wandb", "early").build())
                .hasMessageContaining(
                    "reportTo: 'wandb' is not known; choose of early, late, absent, all, none"),
        Two.class,
        Incomplete.class);
  }

  @Test
  void aMissingLibraryIsNamedByItsCoordinates() throws IOException {
    withProviders(
        () ->
            assertThatThrownBy(() -> trainer("absent").build())
                .hasMessageContaining("reportTo: 'absent'")
                .hasMessageContaining("add org.example:tracker:1.2"),
        Incomplete.class);
  }

  @Test
  void aNameThatTwoOfferIsRefused() throws IOException {
    withProviders(
        () ->
            assertThatThrownBy(() -> trainer("late").build())
                .hasMessageContaining("'late' is offered by " + Two.class.getName())
                .hasMessageContaining(LateToo.class.getName()),
        Two.class,
        LateToo.class);
  }

  @Test
  void aCallbackThatWasAddedByHandIsNotAddedOnceMore() throws IOException {
    withProviders(
        () ->
            assertThatThrownBy(() -> trainer("late").callback(new Listener("mine")).build())
                .hasMessageContaining("reportTo: 'late' adds a Listener")
                .hasMessageContaining("leave one of them out"),
        Two.class);
  }

  /** Offers two callbacks. */
  public static class Two implements CallbackProvider {
    @Override
    public List<String> names() {
      return List.of("early", "late");
    }

    @Override
    public Optional<String> missing(String name) {
      return Optional.empty();
    }

    @Override
    public TrainerCallback create(String name, TrainingArguments args) {
      return new Listener(name);
    }
  }

  /** Offers a callback a second time. */
  public static final class LateToo extends Two {
    @Override
    public List<String> names() {
      return List.of("late");
    }
  }

  /** Offers what it cannot make. */
  public static final class Incomplete implements CallbackProvider {
    @Override
    public List<String> names() {
      return List.of("absent");
    }

    @Override
    public Optional<String> missing(String name) {
      return Optional.of("org.example:tracker:1.2");
    }

    @Override
    public TrainerCallback create(String name, TrainingArguments args) {
      throw new AssertionError("not to be asked for what is missing");
    }
  }

  private record Listener(String name) implements TrainerCallback {
    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      HEARD.add(name + " at " + state.globalStep());
    }
  }
}
