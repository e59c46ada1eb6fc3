// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.embedding;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.Losses;
import java.util.List;

/**
 * Each anchor is to be nearer to its own positive than to those of all other samples of the micro batch, and to all hard
 * negatives: the cross entropy of their scaled similarities (Henderson et al.: Efficient Natural Language Response
 * Suggestion for Smart Reply, 2017), sentence-transformers' loss of this name, InfoNCE with in-batch negatives.
 *
 * <p>The columns are the anchors, the positives, and any number of columns of negatives. Larger micro batches have more
 * negatives; accumulation does not add any. Equal positives of different samples count as negatives of each other: leave
 * duplicates out of the data. A micro batch of one sample without a column of negatives has a loss of 0 and teaches nothing.
 *
 * <p>The loss is summed over the anchors, and its weight is their number. Immutable.
 */
public final class MultipleNegativesRankingLoss implements EmbeddingLoss {

  /** How near two vectors are. */
  public enum Similarity {
    /** The cosine of their angle. */
    COSINE,
    /** Their inner product. */
    DOT
  }

  /** As in PyTorch's {@code normalize}. */
  private static final double EPSILON = 1e-12;

  private final Similarity similarity;
  private final double scale;
  private final boolean symmetric;

  private MultipleNegativesRankingLoss(Similarity similarity, double scale, boolean symmetric) {
    if (!(scale > 0 && Double.isFinite(scale))) {
      throw new IllegalArgumentException("scale is " + scale + ", expected a number above 0");
    }
    this.similarity = similarity;
    this.scale = scale;
    this.symmetric = symmetric;
  }

  /** The defaults of sentence-transformers: the cosine, times 20, from anchors to positives. */
  public MultipleNegativesRankingLoss() {
    this(Similarity.COSINE, 20, false);
  }

  /** Returns this loss with another similarity; where that is {@code DOT}, a scale of 1 is usual. */
  public MultipleNegativesRankingLoss withSimilarity(Similarity other) {
    return new MultipleNegativesRankingLoss(other, scale, symmetric);
  }

  /** Returns this loss with another scale: what similarities are multiplied by, the inverse of a temperature. */
  public MultipleNegativesRankingLoss withScale(double other) {
    return new MultipleNegativesRankingLoss(similarity, other, symmetric);
  }

  /**
   * Returns this loss as the mean of both directions: positives are to find their anchors, too. That of
   * sentence-transformers is called MultipleNegativesSymmetricRankingLoss.
   */
  public MultipleNegativesRankingLoss withSymmetry(boolean both) {
    return new MultipleNegativesRankingLoss(similarity, scale, both);
  }

  @Override
  public LossOutput of(List<NDArray> vectors) {
    if (vectors.size() < 2) {
      throw new IllegalArgumentException(
          "this loss compares anchors with positives, but there is "
              + vectors.size()
              + " column of texts: name at least two");
    }
    NDList columns = new NDList(vectors.size());
    vectors.forEach(
        column ->
            columns.add(
                similarity == Similarity.COSINE ? column.normalize(2, 1, EPSILON) : column));
    NDArray anchors = columns.get(0);
    long samples = anchors.getShape().get(0);
    // Of a single array, concat makes a copy that takes part in no gradient.
    NDArray candidates =
        columns.size() == 2 ? columns.get(1) : NDArrays.concat(columns.subNDList(1), 0);
    NDArray scores = anchors.matMul(candidates.transpose()).mul(scale);
    NDArray own = anchors.getManager().arange(0, (int) samples, 1, DataType.INT64);
    NDArray sum = Losses.crossEntropy(scores, own).value();
    if (symmetric) {
      NDArray ofPositives = scores.get(new NDIndex(":, :" + samples)).transpose();
      sum = sum.add(Losses.crossEntropy(ofPositives, own).value()).div(2);
    }
    return LossOutput.of(sum, (double) samples);
  }

  /** Two: a positive that nothing else competes with is found whatever the vectors are. Columns of negatives compete. */
  @Override
  public int fewestSamples(int columns) {
    return columns == 2 ? 2 : 1;
  }

  @Override
  public String toString() {
    return "MultipleNegativesRankingLoss("
        + similarity
        + ", scale "
        + scale
        + (symmetric ? ", symmetric)" : ")");
  }
}
