// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.model.TorchScriptModel;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.Seeds;
import dev.trainer4j.torch.TorchFunctions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The model of a trainer that was told how to make one: it owns it, and puts it back before each run. */
public final class ModelMaker implements AutoCloseable {

  private final Supplier<? extends TrainableModel> maker;
  private final long seed;
  private @Nullable TrainableModel made;

  /** Makes models with {@code maker}, random numbers seeded. */
  public ModelMaker(Supplier<? extends TrainableModel> maker, long seed) {
    this.maker = maker;
    this.seed = seed;
  }

  /** Makes the trainer's model. */
  public TrainableModel make() {
    TrainableModel model = fresh();
    made = model;
    if (model.unreadWeights().isPresent()) {
      throw new IllegalArgumentException(
          "modelInit made a model without its weights, which is for one training alone; load it with them, or pass"
              + " it as the model");
    }
    if (model instanceof TorchScriptModel) {
      throw new IllegalArgumentException(
          "modelInit made a TorchScriptModel, whose buffers cannot be put back for another run; pass it"
              + " as the model, and build a trainer for each run");
    }
    return model;
  }

  private TrainableModel fresh() {
    return Seeds.with(
        seed,
        () ->
            Objects.requireNonNull(
                maker.get(), "modelInit returned null; return a TrainableModel"));
  }

  /**
   * Gives the trainer's model the weights, buffers and frozen parameters that a new one has.
   *
   * @param loader of the data that a new one may need for its shapes
   * @param manager for the first batch of it
   */
  public void renew(DataLoader loader, NDManager manager) {
    TrainableModel model = Objects.requireNonNull(made, "make comes first");
    if (!model.isInitialized()) {
      return; // The first batch is going to do it, with the run's seed.
    }
    TrainableModel next = fresh();
    if (next == model) {
      throw new IllegalArgumentException(
          "modelInit returned the same model again; make a new one in each call");
    }
    try (next;
        Autograd.Recording off = Autograd.record(false)) {
      ModelInitialization.run(next, loader, manager, seed);
      copy(next.state(), model.state());
    }
  }

  private static void copy(Map<String, NDArray> from, Map<String, NDArray> to) {
    if (!shapes(from).equals(shapes(to))) {
      throw new IllegalArgumentException(
          "modelInit made another model than before: it has "
              + shapes(from)
              + ", the first one has "
              + shapes(to)
              + "; make the same in each call, or build a trainer for each model");
    }
    List<NDArray> targets = new ArrayList<>();
    List<NDArray> sources = new ArrayList<>();
    to.forEach(
        (name, array) -> {
          NDArray fresh = Objects.requireNonNull(from.get(name));
          targets.add(array);
          sources.add(fresh);
          if (array.hasGradient() != fresh.hasGradient()) {
            array.setRequiresGradient(fresh.hasGradient());
          }
        });
    TorchFunctions.copy(targets, sources);
  }

  private static Map<String, String> shapes(Map<String, NDArray> tensors) {
    Map<String, String> shapes = new TreeMap<>();
    tensors.forEach((name, array) -> shapes.put(name, array.getShape().toString()));
    return shapes;
  }

  /** Closes the model. */
  @Override
  public void close() {
    if (made != null) {
      made.close();
      made = null;
    }
  }
}
