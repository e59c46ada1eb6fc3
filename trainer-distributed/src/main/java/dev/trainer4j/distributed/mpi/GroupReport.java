// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * How far a rank says it is in a group.
 *
 * @param members the ranks of the group
 * @param started collectives that it has called
 * @param waitedMillis how long it has been waiting in the last of them; -1 if it is not
 * @param left whether it will call no more
 * @param last what it called last
 * @param fingerprints of what it called, the newest last
 */
record GroupReport(
    String group,
    List<Integer> members,
    long started,
    long waitedMillis,
    boolean left,
    String last,
    List<Long> fingerprints) {

  GroupReport {
    members = List.copyOf(members);
    fingerprints = List.copyOf(fingerprints);
  }

  boolean waits() {
    return waitedMillis >= 0;
  }

  /** Returns the number of the first collective that is known to differ from the other's; -1 if none is. */
  long firstDifference(GroupReport other) {
    long from = Math.max(started - fingerprints.size(), other.started - other.fingerprints.size());
    long to = Math.min(started, other.started);
    for (long number = Math.max(0, from); number < to; number++) {
      if (fingerprint(number) != other.fingerprint(number)) {
        return number;
      }
    }
    return -1;
  }

  private long fingerprint(long number) {
    return fingerprints.get((int) (number - (started - fingerprints.size())));
  }

  void write(DataOutputStream out) throws IOException {
    out.writeUTF(group);
    out.writeInt(members.size());
    for (int member : members) {
      out.writeInt(member);
    }
    out.writeLong(started);
    out.writeLong(waitedMillis);
    out.writeBoolean(left);
    out.writeUTF(last);
    out.writeInt(fingerprints.size());
    for (long fingerprint : fingerprints) {
      out.writeLong(fingerprint);
    }
  }

  static GroupReport read(DataInputStream in) throws IOException {
    String group = in.readUTF();
    List<Integer> members = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      members.add(in.readInt());
    }
    long started = in.readLong();
    long waited = in.readLong();
    boolean leftGroup = in.readBoolean();
    String last = in.readUTF();
    List<Long> fingerprints = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      fingerprints.add(in.readLong());
    }
    return new GroupReport(group, members, started, waited, leftGroup, last, fingerprints);
  }
}
