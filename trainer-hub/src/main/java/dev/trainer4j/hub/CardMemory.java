// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The card of a run from push to push. It stands in the output folder and in the repository, and may be edited in both: what somebody
 * wrote here wins, else what stands there.
 */
final class CardMemory {
  private static final Logger LOGGER = LoggerFactory.getLogger(CardMemory.class);
  private static final String NAME = "README.md";

  /** Holds the hash of the card as it was last written, so that a later process sees whether somebody edited it. */
  private static final String MARK = ".hub-card";

  private @Nullable String license;
  private boolean licenseAsked;

  /** Writes the next card into the output folder and returns it. */
  synchronized String next(
      RunRepository target,
      TrainingArguments args,
      TrainerState state,
      SavedModel model,
      ModelCardDetails details)
      throws IOException {
    Path file = args.outputDir().resolve(NAME);
    String here = Files.isRegularFile(file) ? Files.readString(file) : null;
    Path mark = args.outputDir().resolve(MARK);
    String written = Files.isRegularFile(mark) ? Files.readString(mark).strip() : "";
    boolean edited = here != null && !hash(here).equals(written);
    String before = edited ? here : there(target);
    if (before == null) {
      before = here == null ? "" : here;
    }
    ModelPlace place = ModelPlace.of(target.repo());
    String card =
        new ModelCard(place, args, state, model, details, license(target, model, details))
            .write(before);
    keep(args.outputDir(), card);
    return card;
  }

  /** Writes the card of a run that is not pushed, or not yet; asks nobody. */
  static Path local(
      TrainingArguments args, TrainerState state, SavedModel model, ModelCardDetails details)
      throws IOException {
    Path file = args.outputDir().resolve(NAME);
    String before = Files.isRegularFile(file) ? Files.readString(file) : "";
    ModelPlace place = ModelPlace.of(args.outputDir());
    keep(args.outputDir(), new ModelCard(place, args, state, model, details, null).write(before));
    return file;
  }

  private static void keep(Path folder, String card) throws IOException {
    Files.createDirectories(folder);
    HubCache.replace(folder.resolve(NAME), card.getBytes(StandardCharsets.UTF_8));
    HubCache.replace(folder.resolve(MARK), hash(card).getBytes(StandardCharsets.UTF_8));
  }

  private static String hash(String card) {
    MessageDigest digest = FileHash.sha256();
    digest.update(card.getBytes(StandardCharsets.UTF_8));
    return FileHash.hex(digest);
  }

  /** Of the repository; null if it has none. */
  private static @Nullable String there(RunRepository target) throws IOException {
    HubApi api = target.api();
    Answer answer =
        api.http()
            .sendPatiently(
                Call.get(api.resolveUri(target.branch(), NAME), api.http().settings().timeout()),
                api.errors().ofRevision(target.branch()).ofFile(NAME));
    return answer.isSuccess() ? answer.body() : null;
  }

  private @Nullable String license(
      RunRepository target, SavedModel model, ModelCardDetails details) {
    if (!licenseAsked) {
      licenseAsked = true;
      license =
          details.license() != null
              ? null
              : ModelCard.baseModel(model, details).flatMap(name -> ask(target, name)).orElse(null);
    }
    return license;
  }

  private static Optional<String> ask(RunRepository target, String base) {
    try {
      return target.client().api(HubRepo.model(base)).license();
    } catch (IOException | IllegalArgumentException e) {
      LOGGER.info("The model card names no license, since {}", e.getMessage());
      return Optional.empty();
    }
  }
}
