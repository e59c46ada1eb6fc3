// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.torch.FreshGradients;
import dev.trainer4j.torch.GivenGradients;
import dev.trainer4j.torch.GradientList;
import dev.trainer4j.torch.Gradients;
import dev.trainer4j.torch.SummableGradients;
import dev.trainer4j.torch.TorchFunctions;
import dev.trainer4j.torch.UpdateKernel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An optimizer whose step is a kernel, and whose whole update is one native call.
 *
 * <p>A parameter that no loss has depended on yet is left alone, as in PyTorch.
 */
final class KernelOptimizer implements Optimizer {

  private final List<ParameterGroup> groups;
  private final KernelSpec spec;
  private final List<NamedParameter> parameters;
  private final NDManager manager;
  private final NDArray counters;
  private final List<List<NDArray>> slots = new ArrayList<>();
  private final Map<String, NDArray> state = new LinkedHashMap<>();
  private final Gradients gradients;
  private final FreshGradients fresh;
  private final PhasedUpdate phases;
  private final double[] rates;
  private final double[] decays;
  private @Nullable UpdateKernel kernel;

  /** How many parameters had a gradient when the kernel was bound. */
  private int kernelParameters;

  private @Nullable UpdateKernel freshKernel;
  private @Nullable SliceStep slices;

  KernelOptimizer(List<ParameterGroup> groups, KernelSpec spec) {
    this.groups = List.copyOf(groups);
    this.spec = spec;
    parameters = groups.stream().flatMap(group -> group.parameters().stream()).toList();
    if (parameters.isEmpty()) {
      throw new IllegalArgumentException(
          "the model has no trainable parameters: none requires gradients");
    }
    manager = parameters.get(0).array().getManager().newSubManager();
    manager.setName("optimizer state");
    counters = create(Slot.STEP, new Shape(parameters.size()), DataType.FLOAT32);
    for (Slot slot : spec.slots()) {
      List<NDArray> arrays = new ArrayList<>();
      for (int i = 0; i < parameters.size(); i++) {
        NDArray array = slot.equals(Slot.STEP) ? counter(i) : create(slot, parameters.get(i));
        arrays.add(array);
        if (array.size() > 0) {
          state.put(parameters.get(i).name() + "." + slot.name(), array);
        }
      }
      slots.add(arrays);
    }
    List<NDArray> arrays = parameters.stream().map(NamedParameter::array).toList();
    gradients = new Gradients(arrays);
    fresh = new FreshGradients(arrays);
    phases = new PhasedUpdate(new WholeGradients(gradients));
    rates = new double[groups.size()];
    decays = groups.stream().mapToDouble(spec.decay()).toArray();
  }

  private NDArray create(Slot slot, NamedParameter parameter) {
    NDArray array = parameter.array();
    return create(slot, slot.shape().apply(array.getShape()), slot.type(array));
  }

  private NDArray create(Slot slot, Shape shape, DataType type) {
    NDArray array = manager.full(shape, (float) slot.initial(), type);
    NDScope.unregister(array);
    return array;
  }

  /** The step of one parameter: a view of {@link #counters}, so that one addition advances all. */
  private NDArray counter(int parameter) {
    try (NDArray row = counters.get(new NDIndex().addSliceDim(parameter, parameter + 1))) {
      NDArray view = row.reshape(new Shape());
      NDScope.unregister(view);
      return view;
    }
  }

  /** The kernel of gradients that add up in the parameters: of those parameters that have one. */
  private UpdateKernel kernel() {
    int present = gradients.refresh();
    if (kernel == null || kernelParameters != present) {
      if (kernel != null) {
        kernel.close();
      }
      kernel = bind(gradients, gradients::has);
      kernelParameters = present;
    }
    return kernel;
  }

  /** The kernel of fresh gradients, which leaves out the parameters without one by itself. */
  private UpdateKernel freshKernel() {
    if (freshKernel == null) {
      freshKernel = bind(fresh, index -> true);
    }
    return freshKernel;
  }

  private UpdateKernel bind(GradientList source, IntPredicate isActive) {
    List<NDArray> active = new ArrayList<>();
    long[] ends = new long[groups.size()];
    int index = 0;
    for (int group = 0; group < ends.length; group++) {
      for (NamedParameter parameter : groups.get(group).parameters()) {
        if (isActive.test(index++)) {
          active.add(parameter.array());
        }
      }
      ends[group] = active.size();
    }
    List<NDArray> activeSlots = new ArrayList<>();
    for (List<NDArray> arrays : slots) {
      for (int i = 0; i < arrays.size(); i++) {
        if (isActive.test(i)) {
          activeSlots.add(arrays.get(i));
        }
      }
    }
    boolean counts = spec.slots().contains(Slot.STEP);
    List<NDArray> activeCounters =
        !counts
            ? List.of()
            : active.size() == parameters.size()
                ? List.of(counters)
                : activeSlots.subList(0, active.size());
    double[] options = spec.options().stream().mapToDouble(Double::doubleValue).toArray();
    return new UpdateKernel(
        spec.kind(), active, source, activeSlots, activeCounters, ends, options);
  }

  @Override
  public List<ParameterGroup> groups() {
    return groups;
  }

  @Override
  public void step(double rateFactor) {
    kernel().step(ratesTimes(rateFactor), decays);
  }

  @Override
  public ElementWiseStep elementWise() {
    if (!spec.whole().isEmpty()) {
      throw new IllegalArgumentException(
          spec.whole()
              + ", so its state cannot be shared out among ranks in slices: choose another optim, such as"
              + " adamw_torch, or do without sharding");
    }
    if (slices == null) {
      slices = new SliceStep();
    }
    return slices;
  }

  /** The kernel of gradients that others hold, bound anew where they or those that are present change. */
  private final class SliceStep implements ElementWiseStep, AutoCloseable {

    private List<NDArray> bound = List.of();
    private boolean[] boundPresent = {};
    private @Nullable GivenGradients source;
    private @Nullable UpdateKernel stepper;

    @Override
    public void step(List<NDArray> given, boolean[] present, double rateFactor) {
      if (given != bound || !Arrays.equals(present, boundPresent)) {
        rebind(given, present);
      }
      if (stepper != null) {
        stepper.step(ratesTimes(rateFactor), decays);
      }
    }

    private void rebind(List<NDArray> given, boolean[] present) {
      close();
      List<NDArray> active = new ArrayList<>();
      for (int i = 0; i < present.length; i++) {
        if (present[i]) {
          active.add(given.get(i));
        }
      }
      if (!active.isEmpty()) {
        source = new GivenGradients(active);
        stepper = bind(source, index -> present[index]);
      }
      bound = given;
      boundPresent = present.clone();
    }

    @Override
    public void close() {
      if (stepper != null) {
        stepper.close();
        stepper = null;
      }
      if (source != null) {
        source.close();
        source = null;
      }
    }
  }

  @Override
  public FreshGradients freshGradients() {
    return fresh;
  }

  @Override
  public UpdateResult update(UpdateRequest request, UpdateObserver observer) {
    if (fresh.isEmpty()) {
      return observer.isWatching()
          ? phases.run(request, observer, this::step)
          : synchronizedAndFused(gradients, this::kernel, request, observer);
    }
    try {
      return synchronizedAndFused(fresh, this::freshKernel, request, observer);
    } finally {
      fresh.drop();
    }
  }

  /** Ranks without weight leave their gradients alone, as {@link PhasedUpdate} does. */
  private UpdateResult synchronizedAndFused(
      SummableGradients source,
      Supplier<UpdateKernel> kernel,
      UpdateRequest request,
      UpdateObserver observer) {
    if (request.ranks().isAlone()) {
      return fused(kernel.get(), request, observer);
    }
    if (request.weight().value() == 0) {
      return UpdateResult.nothing();
    }
    double scale = request.ranks().synchronize(source, request.scale());
    return fused(kernel.get(), request.withScale(scale), observer);
  }

  /** The stations of {@link PhasedUpdate} behind the synchronization in one call: nobody looks on. */
  private UpdateResult fused(UpdateKernel kernel, UpdateRequest request, UpdateObserver observer) {
    UpdateKernel.Outcome outcome = update(kernel, request, true);
    double weight = outcome.weight();
    request.weight().found(weight);
    if (weight == 0) {
      return UpdateResult.nothing();
    }
    boolean taken = outcome.taken() || !request.skipNonFinite();
    UpdateResult result =
        new UpdateResult(outcome.gradientNorm(), outcome.lossSum(), taken, weight);
    if (!outcome.taken()) {
      if (!fresh.isEmpty() && observer.looksForCulprits()) {
        fresh.publish();
      }
      observer.notFinite(result);
      if (taken) {
        update(kernel, request, false);
      }
      gradients.zero();
    }
    if (taken) {
      observer.beforeStep();
      observer.afterStep();
    }
    return result;
  }

  private UpdateKernel.Outcome update(UpdateKernel kernel, UpdateRequest request, boolean guard) {
    return kernel.update(
        ratesTimes(request.rateFactor()),
        decays,
        request.losses(),
        request.weight().unread(),
        request.weight().known(),
        request.scale(),
        request.maxGradNorm(),
        guard);
  }

  private double[] ratesTimes(double factor) {
    for (int i = 0; i < rates.length; i++) {
      rates[i] = groups.get(i).learningRate() * factor;
    }
    return rates;
  }

  @Override
  public Map<String, NDArray> state() {
    return state;
  }

  @Override
  public boolean hasEvaluationWeights() {
    return spec.evaluated() >= 0;
  }

  @Override
  public void exchangeWeights() {
    if (hasEvaluationWeights()) {
      TorchFunctions.exchange(
          parameters.stream().map(NamedParameter::array).toList(),
          slots.get(spec.evaluated()),
          slots.get(spec.slots().indexOf(Slot.STEP)));
    }
  }

  @Override
  public void close() {
    if (kernel != null) {
      kernel.close();
    }
    if (freshKernel != null) {
      freshKernel.close();
    }
    if (slices != null) {
      slices.close();
    }
    fresh.close();
    gradients.close();
    manager.close();
  }
}
