// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.nio.file.Path;

/** A checkpoint of which a part is written and nothing is committed. */
public final class PendingCheckpoint implements AutoCloseable {

  private final CheckpointStore store;
  private final long step;
  private final CheckpointCommit commit;
  private boolean over;

  PendingCheckpoint(CheckpointStore store, long step, CheckpointCommit commit) {
    this.store = store;
    this.step = step;
    this.commit = commit;
  }

  /**
   * Returns the folder, into which other ranks may write files until this one commits: all that are
   * there then get into the manifest.
   *
   * @return a name that is gone once the checkpoint is committed
   */
  public Path folder() {
    return commit.folder();
  }

  /**
   * Writes the remaining files and commits; in whatever thread.
   *
   * @param rest writes the files into the folder that has the first ones
   * @return the folder
   * @throws CheckpointException as {@link CheckpointStore#commit}
   */
  public Path commit(CheckpointContents rest) throws CheckpointException {
    if (over) {
      throw new IllegalStateException("checkpoint " + step + " is committed or given up");
    }
    over = true;
    return store.finish(step, commit, rest);
  }

  /** Removes what was written, unless it is committed. */
  @Override
  public void close() {
    if (!over) {
      over = true;
      commit.abandon();
    }
  }
}
