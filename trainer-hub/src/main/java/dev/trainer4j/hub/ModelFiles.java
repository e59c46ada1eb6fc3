// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.util.List;

/**
 * What it takes to load a model: configuration, tokenizer, and its weights once. Repositories also hold the same weights for other
 * libraries, and pushed checkpoints with an optimizer of twice their size.
 */
final class ModelFiles {
  private static final Wildcards SMALL =
      new Wildcards(List.of("*.json", "*.txt", "*.model", "*.jinja", "*.tiktoken", "README.md"));
  private static final Wildcards SAFETENSORS = new Wildcards(List.of("*.safetensors"));
  private static final Wildcards PICKLED =
      new Wildcards(List.of("pytorch_model*.bin", "adapter_model*.bin"));

  /** States of a training, in the folder of a model that was pushed as a checkpoint. */
  private static final Wildcards STATES =
      new Wildcards(List.of("optimizer*", "scheduler*", "rng_state*", "scaler*"));

  private ModelFiles() {}

  static List<RepoFile> of(List<RepoFile> all) {
    List<RepoFile> top =
        all.stream()
            .filter(file -> !file.path().contains("/") && !STATES.matchAny(file.path()))
            .toList();
    boolean safe = top.stream().anyMatch(file -> SAFETENSORS.matchAny(file.path()));
    Wildcards weights = safe ? SAFETENSORS : PICKLED;
    return top.stream()
        .filter(file -> SMALL.matchAny(file.path()) || weights.matchAny(file.path()))
        // The index of the weights that stay away would promise files that are not there.
        .filter(file -> !safe || !file.path().equals("pytorch_model.bin.index.json"))
        .toList();
  }
}
