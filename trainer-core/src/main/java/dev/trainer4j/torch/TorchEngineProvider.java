// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.pytorch.engine.PtEngineProvider;

/**
 * DJL's own provider of the PyTorch engine, and a moment before libtorch loads.
 *
 * <p>DJL asks for all providers before it loads an engine, whoever needs one first: a trainer, or an
 * application that makes a model or an array of its own. It takes one provider of a name; this one and
 * DJL's hand out the same engine.
 */
public final class TorchEngineProvider extends PtEngineProvider {

  /** For DJL, which finds it as a service. */
  public TorchEngineProvider() {
    SpinLimit.set(System.getenv());
  }
}
