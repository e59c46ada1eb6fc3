// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.gpu;

import java.util.List;

/** The fourteen steps, in the order in which a fault in one makes the next ones pointless. */
final class Steps {

  static final List<Step> ALL =
      List.of(
          new Step("versions", "libtorch sees the GPU", ParitySteps::versions),
          new Step("kernels", "every kernel compiles and runs on the device", ParitySteps::kernels),
          new Step(
              "optimizers",
              "20 updates of each give the CPU's weights within 1e-5",
              ParitySteps::optimizers),
          new Step(
              "gradients",
              "shared gradients and unusual strides: the CPU's weights within 1e-5",
              ParitySteps::shared),
          new Step(
              "families",
              "BERT to T5 give the CPU's losses and weights within 1e-4 (16 bits: losses within"
                  + " 0.01), also where a text is hidden entirely",
              ParitySteps::families),
          new Step(
              "steady updates",
              "the first updates take no seconds: nothing is compiled",
              SpeedSteps::steady),
          new Step(
              "throughput",
              "compare with Hugging Face's Trainer on this card (docs/benchmarks.md)",
              SpeedSteps::throughput),
          new Step("memory", "flat after 40 updates, on host and GPU", SpeedSteps::memory),
          new Step(
              "checkpoints",
              "resumed runs equal whole ones to the bit on the same device, and within 1e-4 on the"
                  + " CPU",
              StateSteps::checkpoints),
          new Step(
              "repeatability",
              "with fullDeterminism two runs are equal to the bit",
              StateSteps::repeats),
          new Step(
              "mistakes",
              "a wrong index is named and harms nobody; a batch that is too large is halved",
              MistakeSteps::indices),
          new Step("generation", "greedy tokens are those of the CPU", MistakeSteps::generation),
          new Step(
              "collectives",
              "two ranks with a GPU each: every collective gives what it must, in every type",
              RankSteps::collectives),
          new Step(
              "two ranks",
              "10 updates of each family give the losses and weights of one process within 1e-4",
              RankSteps::training));

  private Steps() {}
}
