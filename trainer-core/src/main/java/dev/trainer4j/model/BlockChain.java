// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.util.Pair;
import java.util.ArrayList;
import java.util.List;

/** A DJL block as the children that it runs one after the other: those of nested chains in their place, everything else in one piece. */
final class BlockChain {

  private BlockChain() {}

  /**
   * A child of a chain.
   *
   * @param path what names of its parameters begin with, as {@code 01SequentialBlock_02Linear}; empty for a block that is no chain
   */
  record Link(String path, Block block) {}

  /** Returns the children; the block alone if it is no chain. */
  static List<Link> of(Block block) {
    List<Link> links = new ArrayList<>();
    flatten("", block, links);
    return links;
  }

  private static void flatten(String path, Block block, List<Link> links) {
    if (block.getClass() == SequentialBlock.class
        && !((SequentialBlock) block).isReturnIntermediate()) {
      for (Pair<String, Block> child : block.getChildren()) {
        String name = path.isEmpty() ? child.getKey() : path + "_" + child.getKey();
        flatten(name, child.getValue(), links);
      }
    } else {
      links.add(new Link(path, block));
    }
  }
}
