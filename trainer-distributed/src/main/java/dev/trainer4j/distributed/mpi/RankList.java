// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import java.util.Collection;
import java.util.stream.Collectors;

/** Ranks in a message, of which there may be thousands. */
final class RankList {

  private static final int SHOWN = 16;

  private RankList() {}

  static String text(Collection<Integer> ranks) {
    String shown =
        ranks.stream().limit(SHOWN).map(String::valueOf).collect(Collectors.joining(", "));
    String more = ranks.size() > SHOWN ? " and " + (ranks.size() - SHOWN) + " more" : "";
    return (ranks.size() == 1 ? "rank " : "ranks ") + shown + more;
  }
}
