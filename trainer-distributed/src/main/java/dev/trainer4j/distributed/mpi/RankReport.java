// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A sign of life of a rank.
 *
 * @param timeoutMillis how long it is ready to wait for others
 * @param ending whether its process is about to end
 * @param groups those that it is in, or has left lately
 */
record RankReport(int rank, long timeoutMillis, boolean ending, List<GroupReport> groups) {

  void write(DataOutputStream out) throws IOException {
    out.writeInt(rank);
    out.writeLong(timeoutMillis);
    out.writeBoolean(ending);
    out.writeInt(groups.size());
    for (GroupReport group : groups) {
      group.write(out);
    }
  }

  static RankReport read(DataInputStream in) throws IOException {
    int rank = in.readInt();
    long timeout = in.readLong();
    boolean ending = in.readBoolean();
    List<GroupReport> groups = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      groups.add(GroupReport.read(in));
    }
    return new RankReport(rank, timeout, ending, groups);
  }
}
