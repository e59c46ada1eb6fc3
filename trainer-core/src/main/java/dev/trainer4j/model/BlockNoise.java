// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.transformer.IdEmbedding;
import dev.trainer4j.torch.TorchFunctions;
import java.util.List;
import java.util.function.BiFunction;

/** Noise behind one child of a DJL block that is a chain, as the model that trains it gives it: NEFTune's, in its embeddings of tokens. */
final class BlockNoise {

  private final List<BlockChain.Link> chain;
  private final BlockChain.Link embedding;
  private final double alpha;

  /**
   * Chooses the child.
   *
   * @throws IllegalArgumentException if the block is no chain or has no child of this name
   */
  BlockNoise(Block block, String name, double alpha) {
    chain = BlockChain.of(block);
    embedding =
        chain.stream()
            .filter(link -> !name.isEmpty() && link.path().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "no child of the block is called '" + name + "': " + candidates(block)));
    this.alpha = alpha;
  }

  /** Says which children of a block can be named. */
  static String candidates(Block block) {
    List<BlockChain.Link> chain = BlockChain.of(block);
    if (chain.size() == 1 && chain.get(0).path().isEmpty()) {
      return "a "
          + block.getClass().getSimpleName()
          + " is no chain of blocks (SequentialBlock), so where it looks its embeddings up is hidden; let"
          + " the model implement NoisyEmbeddings";
    }
    List<String> tables =
        chain.stream().filter(link -> holdsTable(link.block())).map(BlockChain.Link::path).toList();
    return tables.isEmpty()
        ? "its children are "
            + chain.stream().map(BlockChain.Link::path).toList()
            + ", none of which has an Embedding of DJL; name the one that gives the embeddings [texts,"
            + " length, width]"
        : "name the one that gives the embeddings [texts, length, width]; " + tables + " have some";
  }

  private static boolean holdsTable(Block block) {
    return block instanceof Embedding
        || block instanceof IdEmbedding
        || block.getChildren().values().stream().anyMatch(BlockNoise::holdsTable);
  }

  /**
   * Runs the whole chain.
   *
   * @param run runs a child over what the one before it gave
   */
  NDList run(NDList inputs, BiFunction<Block, NDList, NDList> run) {
    NDList values = inputs;
    for (BlockChain.Link link : chain) {
      values = behind(link.block(), run.apply(link.block(), values));
    }
    return values;
  }

  /** Returns what a child gave: with noise, if it is the one. */
  NDList behind(Block child, NDList values) {
    if (child != embedding.block()) {
      return values;
    }
    if (values.size() != 1 || values.get(0).getShape().dimension() != 3) {
      throw new IllegalArgumentException(
          "neftuneEmbedding: the child '"
              + embedding.path()
              + "' gives "
              + values.stream().map(PassFailure::describe).toList()
              + ", expected one array of embeddings [texts, length, width]");
    }
    return new NDList(TorchFunctions.noisy(values.get(0), alpha));
  }
}
