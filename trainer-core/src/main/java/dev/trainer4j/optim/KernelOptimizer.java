// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.torch.UpdateKernel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An optimizer whose step is a kernel, and whose whole update is one native call. */
final class KernelOptimizer implements Optimizer {

  private final List<ParameterGroup> groups;
  private final NDManager manager;
  private final Map<String, NDArray> state = new LinkedHashMap<>();
  private final UpdateKernel kernel;
  private final GradientClipper clipper;
  private final double[] rates;
  private final double[] decays;

  KernelOptimizer(List<ParameterGroup> groups, KernelSpec spec) {
    this.groups = List.copyOf(groups);
    List<NamedParameter> parameters =
        groups.stream().flatMap(group -> group.parameters().stream()).toList();
    if (parameters.isEmpty()) {
      throw new IllegalArgumentException(
          "the model has no trainable parameters: none requires gradients");
    }
    manager = parameters.get(0).array().getManager().newSubManager();
    manager.setName("optimizer state");
    List<NDArray> slots = new ArrayList<>();
    for (Slot slot : spec.slots()) {
      for (NamedParameter parameter : parameters) {
        NDArray array = create(slot, parameter.array());
        slots.add(array);
        if (array.size() > 0) {
          state.put(parameter.name() + "." + slot.name(), array);
        }
      }
    }
    kernel =
        new UpdateKernel(
            spec.kind(),
            parameters.stream().map(NamedParameter::array).toList(),
            slots,
            groupEnds(groups),
            spec.options().stream().mapToDouble(Double::doubleValue).toArray());
    clipper = new GradientClipper(groups);
    rates = new double[groups.size()];
    decays = groups.stream().mapToDouble(ParameterGroup::weightDecay).toArray();
  }

  private NDArray create(Slot slot, NDArray parameter) {
    Shape shape = slot.shape().apply(parameter.getShape());
    NDArray array = manager.full(shape, (float) slot.initial(), slot.type(parameter));
    NDScope.unregister(array);
    return array;
  }

  private static long[] groupEnds(List<ParameterGroup> groups) {
    long[] ends = new long[groups.size()];
    long end = 0;
    for (int i = 0; i < ends.length; i++) {
      end += groups.get(i).parameters().size();
      ends[i] = end;
    }
    return ends;
  }

  @Override
  public List<ParameterGroup> groups() {
    return groups;
  }

  @Override
  public void step(double rateFactor) {
    kernel.step(ratesTimes(rateFactor), decays);
  }

  @Override
  public UpdateResult update(UpdateRequest request, UpdateObserver observer) {
    if (observer.isWatching()) {
      return clipper.clipStepZero(request, observer, this::step);
    }
    UpdateKernel.Outcome outcome =
        kernel.update(
            ratesTimes(request.rateFactor()),
            decays,
            request.losses(),
            1 / request.weight(),
            request.maxGradNorm(),
            request.skipNonFinite());
    if (outcome.taken()) {
      observer.beforeStep();
      observer.afterStep();
    }
    return new UpdateResult(outcome.gradientNorm(), outcome.lossSum(), outcome.taken());
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
  public void close() {
    kernel.close();
    clipper.close();
    manager.close();
  }
}
