// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.model.Segment;
import dev.trainer4j.model.SegmentParameters;
import dev.trainer4j.model.TensorElements;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.torch.NativeHeap;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of a model of which each rank keeps a share: they are gathered when a segment is about to run, and
 * let go when another one is.
 *
 * <p>What a segment has read stays until the next one comes, so that one which runs twice in a row (the last,
 * forward and backward) is gathered once. Several segments may read one unit, as those of tied embeddings do; it is
 * gathered for each.
 */
final class GatheredParameters implements SegmentParameters, AutoCloseable {

  /** A unit, who computes with it, and its gradients where it is trained. */
  private static final class Member {
    final ParameterUnit unit;
    @Nullable UnitGradients gradients;
    int users;

    Member(ParameterUnit unit) {
      this.unit = unit;
    }
  }

  private final ProcessGroup ranks;

  /** Owns what is gathered. */
  private final NDManager manager;

  /** Owns the shares. */
  private final NDManager home;

  private final Map<String, String> ties;
  private final Map<String, Integer> memberOf = new HashMap<>();
  private List<Member> members = new ArrayList<>();
  private Attendance attendance;

  /**
   * Takes the tensors of a plan out of the model's hands: each keeps its array, but this rank's share of the memory.
   *
   * @param ranks those who share
   * @param offload whether shares are on the CPU, wherever the model is
   */
  GatheredParameters(TrainableModel model, UnitPlan plan, ProcessGroup ranks, boolean offload) {
    this.ranks = ranks;
    ties = plan.ties();
    manager = model.manager().newSubManager();
    manager.setName("gathered parameters");
    home = offload ? model.manager().newSubManager(Device.cpu()) : manager.newSubManager();
    home.setName("shares of parameters");
    Map<String, NDArray> state = model.state();
    for (List<FlatParameter> parameters : plan.units()) {
      members.add(member(parameters, parameters.stream().map(p -> state.get(p.name())).toList()));
    }
    attendance = index();
    NativeHeap.giveBack(manager.getDevice());
  }

  private Member member(List<FlatParameter> parameters, List<NDArray> tensors) {
    return new Member(
        new ParameterUnit(new FlatTensors(parameters, tensors), ranks, manager, home));
  }

  /** What ranks may ask each other for: of each unit to gather it, and to reduce its gradients. */
  private Attendance index() {
    memberOf.clear();
    List<Attendance.Part> collectives = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      Member member = members.get(i);
      for (FlatParameter parameter : member.unit.parameters()) {
        memberOf.put(parameter.name(), i);
      }
      collectives.add(member.unit::gather);
      collectives.add(wanted -> reduce(member, wanted));
    }
    ties.forEach((name, first) -> memberOf.put(name, memberOf.get(first)));
    return new Attendance(ranks, collectives);
  }

  private static void reduce(Member member, boolean wanted) {
    UnitGradients gradients = member.gradients;
    if (gradients == null) {
      throw new IllegalStateException(
          "another rank trains "
              + member.unit.parameters().get(0).name()
              + ", which is frozen here");
    }
    gradients.reduce(wanted);
  }

  /** The units that a segment reads, in their order. */
  private Set<Integer> read(Segment segment) {
    Set<Integer> read = new TreeSet<>();
    for (String name : segment.parameterNames()) {
      Integer index = memberOf.get(name);
      if (index != null) {
        read.add(index);
      }
    }
    return read;
  }

  @Override
  public void bring(Segment segment) {
    Set<Integer> read = read(segment);
    for (int i = 0; i < members.size(); i++) {
      if (members.get(i).users == 0 && !read.contains(i)) {
        members.get(i).unit.leave();
      }
    }
    for (int index : read) {
      Member member = members.get(index);
      if (!member.unit.isThere()) {
        attendance.ask(2 * index);
      }
      member.users++;
    }
  }

  @Override
  public void take(Segment segment) {
    for (int index : read(segment)) {
      Member member = members.get(index);
      member.users = Math.max(0, member.users - 1);
    }
  }

  @Override
  public void expect(Segment segment) {
    for (int index : read(segment)) {
      UnitGradients gradients = members.get(index).gradients;
      if (gradients != null) {
        gradients.expect();
      }
    }
  }

  @Override
  public void collect(Segment segment, double factor) {
    for (int index : read(segment)) {
      UnitGradients gradients = members.get(index).gradients;
      if (gradients != null && gradients.isExpected()) {
        gradients.multiply(1 / factor);
        attendance.ask(2 * index + 1);
      }
    }
  }

  /** Takes part in what other ranks need until none needs anything; all do so at the same place. */
  void rest() {
    settle();
    attendance.rest();
  }

  /** Lets go of what nobody computes with: its values are about to change, or its memory is wanted. */
  void settle() {
    for (Member member : members) {
      if (member.users == 0) {
        member.unit.leave();
      }
    }
  }

  /** Returns whether a tensor is among those that were taken. */
  boolean has(String name) {
    return memberOf.containsKey(name);
  }

  /** Forgets what a micro batch that has failed had begun, and all gradients. */
  void reset() {
    for (Member member : members) {
      member.users = 0;
      member.unit.leave();
      if (member.gradients != null) {
        member.gradients.reset();
      }
    }
  }

  /** A segment that reads all there is: for who runs a model in one piece. */
  Segment whole() {
    return new WholeModel(List.copyOf(memberOf.keySet()));
  }

  /**
   * Follows what was frozen and released: what is trained has gradients, and is in units of its own. A
   * collective where a unit has to be cut.
   */
  void follow() {
    settle();
    List<Member> now = new ArrayList<>();
    for (Member member : members) {
      Map<Boolean, List<Integer>> parts = new HashMap<>();
      for (int i = 0; i < member.unit.tensors().size(); i++) {
        parts
            .computeIfAbsent(member.unit.tensors().get(i).hasGradient(), t -> new ArrayList<>())
            .add(i);
      }
      if (parts.size() == 1) {
        now.add(member);
      } else {
        member.unit.gather(true);
        for (List<Integer> part : parts.values()) {
          now.add(
              member(
                  part.stream().map(member.unit.parameters()::get).toList(),
                  part.stream().map(member.unit.tensors()::get).toList()));
        }
        close(member);
      }
    }
    members = now;
    members.forEach(this::followGradients);
    attendance = index();
  }

  private void followGradients(Member member) {
    boolean trained = member.unit.tensors().get(0).hasGradient();
    UnitGradients gradients = member.gradients;
    if (trained && gradients == null) {
      member.gradients =
          new UnitGradients(member.unit.layout(), member.unit.tensors(), ranks, manager, home);
    } else if (!trained && gradients != null) {
      gradients.close();
      member.gradients = null;
    }
  }

  /** Returns the units that are trained. */
  List<ParameterUnit> trained() {
    return members.stream().filter(m -> m.gradients != null).map(m -> m.unit).toList();
  }

  /** Returns the gradients of {@link #trained}. */
  List<UnitGradients> gradients() {
    List<UnitGradients> gradients = new ArrayList<>();
    for (Member member : members) {
      if (member.gradients != null) {
        gradients.add(member.gradients);
      }
    }
    return gradients;
  }

  /** Returns the units, trained or not. */
  List<ParameterUnit> units() {
    return members.stream().map(m -> m.unit).toList();
  }

  /** Returns the unit of a tensor that {@link #has} knows. */
  ParameterUnit unitOf(String name) {
    Integer index = memberOf.get(name);
    if (index == null) {
      throw new IllegalArgumentException("tensor " + name + " was not taken");
    }
    return members.get(index).unit;
  }

  /**
   * Puts this rank's part of a tensor into its share; what is gathered is out of date then.
   *
   * @param name one that {@link #has} knows
   * @throws IOException if the elements cannot be read
   */
  void put(String name, TensorElements elements) throws IOException {
    unitOf(name).put(ties.getOrDefault(name, name), elements);
  }

  /** Returns the owner of what is gathered. */
  NDManager manager() {
    return manager;
  }

  /** Returns the owner of the shares. */
  NDManager home() {
    return home;
  }

  /** Gives every rank the whole model back, and ends the sharing; collective. */
  void giveBack() {
    for (Member member : members) {
      if (!member.unit.isThere()) {
        member.unit.gather(true);
      }
    }
    close();
  }

  private static void close(Member member) {
    if (member.gradients != null) {
      member.gradients.close();
    }
    member.unit.close();
  }

  /** Frees the shares, as they are: what is not gathered is lost. */
  @Override
  public void close() {
    members.forEach(GatheredParameters::close);
    members = List.of();
    home.close();
    manager.close();
  }
}
