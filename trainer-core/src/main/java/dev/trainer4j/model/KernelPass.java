// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.FreshGradients;
import dev.trainer4j.torch.UnrecordedPass;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The layers at the end of a DJL block and their cross entropy as kernels with gradients of their own, so
 * that autograd records none of them.
 *
 * <p>The model that the hooks see computes its loss itself. A batch that the kernels do not take, such as
 * one of matrices, is recorded by autograd, and the first of them is told.
 */
final class KernelPass implements TrainingPass {

  private static final Logger LOG = LoggerFactory.getLogger(KernelPass.class);

  private final Autograd autograd = new Autograd();
  private final BlockModel block;
  private final LayerChain chain;
  private final UnrecordedPass kernels;
  private final FreshGradients fresh;
  private final TrainableModel model;
  private boolean told;

  private KernelPass(
      BlockModel block, LayerChain chain, UnrecordedPass kernels, FreshGradients fresh) {
    this.block = block;
    this.chain = chain;
    this.kernels = kernels;
    this.fresh = fresh;
    model =
        new ModelView(
            block, (inputs, training) -> training ? forward(inputs) : block.forward(inputs, false));
  }

  /** Null if somebody stands in between, or a layer, a type or a frozen parameter is not for kernels. */
  static @Nullable TrainingPass offer(PassConditions conditions) {
    FreshGradients fresh = conditions.fresh();
    if (!conditions.usualLoss()
        || fresh == null
        || !(conditions.model() instanceof BlockModel block)) {
      return null;
    }
    LayerChain chain = block.layers();
    if (chain == null) {
      return null;
    }
    UnrecordedPass kernels = UnrecordedPass.of(chain.function(), fresh);
    if (kernels == null) {
      chain.close();
      return null;
    }
    return new KernelPass(block, chain, kernels, fresh);
  }

  @Override
  public TrainableModel model() {
    return model;
  }

  private ModelOutput forward(ModelInputs inputs) {
    NDList hidden = block.run(inputs, list -> chain.before(block.parameterStore(), list));
    NDArray logits = chain.takes(hidden) ? kernels.run(hidden.head()) : null;
    if (logits == null) {
      tell(hidden);
      return block.named(block.run(inputs, list -> chain.layers(block.parameterStore(), hidden)));
    }
    ModelOutput output = block.named(new NDList(logits));
    NDArray labels = block.firstLabel(inputs);
    return labels == null
        ? output
        : output.withLoss(Losses.crossEntropy(logits, labels, () -> kernels.crossEntropy(labels)));
  }

  private void tell(NDList hidden) {
    if (!told) {
      told = true;
      LOG.info(
          "The layers of the block run under autograd, not as {}: a batch gives them {}",
          this,
          hidden.stream().map(NDArray::getShape).toList());
    }
  }

  @Override
  public void begin(long seed) {}

  @Override
  public void backward(NDArray loss, double factor) {
    if (kernels.isLoss(loss)) {
      autograd.backwardOf(kernels, loss, factor);
    } else {
      autograd.backward(loss, factor, fresh);
    }
  }

  @Override
  public void end() {
    kernels.forget();
  }

  @Override
  public String toString() {
    return "kernels of " + chain;
  }

  @Override
  public void close() {
    kernels.close();
    chain.close();
    autograd.close();
  }
}
