// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import dev.trainer4j.args.HubStrategy;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pushes a run to the Hub while it goes on, as the arguments {@code hubStrategy} and those beside it say; the argument {@code pushToHub}
 * adds one. Each push is one commit, made in a thread of its own: the model, its card, and with two of the strategies a checkpoint.
 *
 * <p>That the Hub refuses the run is said before its first update. A push that fails later harms nothing: it is named in a warning, and
 * again at the end of the run. While a push runs, the next checkpoint is not pushed unless {@code hubAlwaysPush} says so; if it was the
 * last one, it is pushed at the end. The end of {@code train()} waits for what is on its way.
 */
public final class HubPushCallback implements TrainerCallback {
  private static final Logger LOGGER = LoggerFactory.getLogger(HubPushCallback.class);

  private final @Nullable HubClient given;
  private final ModelCardDetails details;
  private final CardMemory cards = new CardMemory();
  private Optional<String> loadedFrom = Optional.empty();

  private @Nullable HubClient client;
  private @Nullable RunRepository repository;
  private @Nullable PushQueue queue;
  private @Nullable Path skipped;
  private int skips;

  /** Pushes to the Hub of the environment. */
  public HubPushCallback() {
    given = null;
    details = ModelCardDetails.none();
  }

  /**
   * Pushes with a client of one's own; its token wins over {@code hubToken}.
   *
   * @param client speaks to the Hub
   * @param details what the model card says beside what the run knows
   */
  public HubPushCallback(HubClient client, ModelCardDetails details) {
    given = client;
    this.details = details;
  }

  @Override
  public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    if (!state.isWorldProcessZero()) {
      return;
    }
    TrainingArguments args = ctx.args();
    skipped = null;
    skips = 0;
    repository = null;
    loadedFrom = ctx.model().nameOrPath();
    client = given == null ? RunRepository.client(args) : given;
    try {
      StagedCheckpoint.cleanLeftovers(args.outputDir());
      RunRepository opened = RunRepository.open(client, args);
      repository = opened;
      LOGGER.info(
          "This run is pushed to {}/{}, strategy {}",
          client.http().settings().endpoint(),
          opened.repo(),
          name(args.hubStrategy()));
    } catch (HubException e) {
      if (e.reason() != HubException.Reason.UNREACHABLE
          && e.reason() != HubException.Reason.RATE_LIMITED) {
        throw new IllegalStateException("pushToHub: " + e.getMessage(), e);
      }
      LOGGER.warn("The Hub cannot be reached now, and is tried again later: {}", e.getMessage());
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
    queue = new PushQueue();
  }

  private static String name(HubStrategy strategy) {
    return strategy.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public void onCheckpointCommitted(
      CallbackContext ctx, TrainerState state, TrainerControl control, Path folder) {
    PushQueue pushes = queue;
    if (pushes == null || ctx.args().hubStrategy() == HubStrategy.END) {
      return;
    }
    if (pushes.isBusy() && !ctx.args().hubAlwaysPush()) {
      skipped = folder;
      skips++;
      LOGGER.info("Not pushing {}, since a push is on its way", folder.getFileName());
      return;
    }
    skipped = null;
    push(ctx, state, folder, pushes);
  }

  private void push(CallbackContext ctx, TrainerState state, Path folder, PushQueue pushes) {
    TrainingArguments args = ctx.args();
    ctx.beginPush();
    String message = message(args, state, folder);
    StagedCheckpoint staged;
    try {
      staged = StagedCheckpoint.of(folder, args.outputDir());
    } catch (IOException e) {
      pushes.submit(
          message,
          () -> {
            throw e;
          });
      return;
    }
    String tensors = ctx.model().tensorsFile();
    pushes.submit(
        message,
        () -> {
          try (staged) {
            List<UploadFile> checkpoint = RunFiles.ofCheckpoint(staged.folder());
            List<UploadFile> files =
                new ArrayList<>(
                    RunFiles.joined(
                        RunFiles.ofOutput(args.outputDir()),
                        RunFiles.modelOf(checkpoint, tensors)));
            List<String> renewed = new ArrayList<>();
            HubStrategy strategy = args.hubStrategy();
            if (strategy == HubStrategy.CHECKPOINT) {
              files.addAll(RunFiles.into(RunFiles.LAST_CHECKPOINT, checkpoint));
              renewed.add(RunFiles.LAST_CHECKPOINT);
            } else if (strategy == HubStrategy.ALL_CHECKPOINTS) {
              files.addAll(RunFiles.into(String.valueOf(folder.getFileName()), checkpoint));
            }
            send(args, state, staged.folder(), message, files, renewed);
          }
        });
  }

  /** As Hugging Face's Trainer has it. */
  private static String message(TrainingArguments args, TrainerState state, Path folder) {
    boolean byEpoch =
        args.saveStrategy() == IntervalStrategy.EPOCH
            || args.saveStrategy() == IntervalStrategy.BEST;
    String step = String.valueOf(folder.getFileName()).replaceFirst("^checkpoint-", "");
    return "Training in progress, " + (byEpoch ? "epoch " + (long) state.epoch() : "step " + step);
  }

  private void send(
      TrainingArguments args,
      TrainerState state,
      Path modelFolder,
      String message,
      List<UploadFile> files,
      List<String> renewed)
      throws IOException {
    RunRepository target = opened(args);
    SavedModel model = SavedModel.in(modelFolder, loadedFrom);
    String card = cards.next(target, args, state, model, details);
    List<UploadFile> all =
        RunFiles.joined(
            files, List.of(UploadFile.of("README.md", card.getBytes(StandardCharsets.UTF_8))));
    CommitInfo commit =
        new HubUpload(target.api()).push(new Push(target.branch(), message, all, renewed));
    LOGGER.info("Pushed '{}': {}", message, commit.url());
  }

  private RunRepository opened(TrainingArguments args) throws IOException {
    RunRepository open = repository;
    if (open == null) {
      HubClient speaker = client;
      open = RunRepository.open(speaker == null ? RunRepository.client(args) : speaker, args);
      repository = open;
    }
    return open;
  }

  @Override
  public void onTrainEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    TrainingArguments args = ctx.args();
    boolean end = args.hubStrategy() == HubStrategy.END;
    IOException unsaved = null;
    if (end) {
      try {
        ctx.saveModel(args.outputDir()); // All processes together.
      } catch (IOException e) {
        unsaved = e;
      }
    }
    PushQueue pushes = queue;
    if (pushes == null) {
      return;
    }
    Path last = skipped;
    if (end) {
      ctx.beginPush();
      IOException failure = unsaved;
      pushes.submit(
          PushedModel.MESSAGE,
          () -> {
            if (failure != null) {
              throw failure;
            }
            send(
                args,
                state,
                args.outputDir(),
                PushedModel.MESSAGE,
                RunFiles.ofOutput(args.outputDir()),
                List.of());
          });
    } else if (last != null && Files.isDirectory(last)) {
      push(ctx, state, last, pushes);
    }
    finish(pushes);
  }

  private void finish(PushQueue pushes) {
    if (pushes.isBusy()) {
      LOGGER.info("Waiting for the push that is on its way; this may take some minutes");
    }
    try (pushes) {
      pushes.await();
    } catch (IOException e) {
      LOGGER.warn("Not waiting any longer for the push that is on its way: {}", e.getMessage());
    }
    queue = null;
    List<String> failures = pushes.failures();
    if (!failures.isEmpty()) {
      LOGGER.warn(
          "{} of the pushes of this run failed; the run itself is whole, and Hub.pushToHub(trainer, ...) pushes it"
              + " again:\n  {}",
          failures.size(),
          String.join("\n  ", failures));
    }
    if (skips > 0) {
      LOGGER.info(
          "{} checkpoints were not pushed, since a push was on its way; hubAlwaysPush would have them wait",
          skips);
    }
  }

  @Override
  public void onTrainError(CallbackContext ctx, TrainerState state, Throwable error) {
    PushQueue pushes = queue;
    if (pushes != null) {
      pushes.close();
      queue = null;
    }
  }
}
