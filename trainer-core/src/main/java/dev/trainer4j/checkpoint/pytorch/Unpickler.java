// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the pickle of a {@code torch.save} file into plain values, and can do nothing else.
 *
 * <p>A pickle is a program for a machine that calls whatever it names. This one knows the few
 * operations that {@code torch.save} uses for state dictionaries and refuses every other by name;
 * no class is looked up and nothing is called. The result is made of null, {@link Boolean}, {@link
 * Long}, {@link Double}, {@link String}, {@link List} (also for tuples), {@link Map} and {@link
 * TorchTensor}.
 */
final class Unpickler {
  /** Far above what tens of thousands of parameters need, far below what memory holds. */
  private static final int MAX_VALUES = 4_000_000;

  private static final int MAX_MARKS = 1_000;
  private static final int MAX_PROTOCOL = 5;

  private final PickleInput input;
  private final PickleContainers containers = new PickleContainers();
  private final List<@Nullable Object> stack = new ArrayList<>();
  private final List<@Nullable Object> memo = new ArrayList<>();
  private int[] marks = new int[16];
  private int markCount;
  private int values;

  private Unpickler(byte[] pickle) {
    input = new PickleInput(pickle);
  }

  /** Reads a whole pickle. */
  static @Nullable Object read(byte[] pickle) throws TorchFileException {
    return new Unpickler(pickle).run();
  }

  private @Nullable Object run() throws TorchFileException {
    PickleOpcode opcode = PickleOpcode.of(input.unsignedByte());
    while (opcode != PickleOpcode.STOP) {
      execute(opcode);
      opcode = PickleOpcode.of(input.unsignedByte());
    }
    if (markCount > 0 || stack.size() != 1 || input.remaining() > 0) {
      throw new TorchFileException("its pickle stops before everything is used");
    }
    return pop();
  }

  private void execute(PickleOpcode opcode) throws TorchFileException {
    switch (opcode) {
      case PROTO -> requireProtocol(input.unsignedByte());
      case MARK -> mark();
      case NONE -> push(null);
      case NEWTRUE -> push(true);
      case NEWFALSE -> push(false);
      case BININT -> push((long) input.signedInt());
      case BININT1 -> push((long) input.unsignedByte());
      case BININT2 -> push((long) input.unsignedShort());
      case LONG1 -> push(input.number(input.unsignedByte()));
      case BINFLOAT -> push(input.bigEndianDouble());
      case BINUNICODE -> push(input.text(input.signedInt()));
      case SHORT_BINUNICODE -> push(input.text(input.unsignedByte()));
      case EMPTY_LIST -> push(containers.newList());
      case EMPTY_DICT -> push(containers.newMap());
      case EMPTY_TUPLE -> push(containers.tuple(List.of()));
      case TUPLE1 -> push(containers.tuple(popLast(1)));
      case TUPLE2 -> push(containers.tuple(popLast(2)));
      case TUPLE3 -> push(containers.tuple(popLast(3)));
      case TUPLE -> push(containers.tuple(popMarked()));
      case APPEND -> append(popLast(1));
      case APPENDS -> append(popMarked());
      case SETITEM -> setItems(popLast(2));
      case SETITEMS -> setItems(popMarked());
      case BINPUT -> memoize(input.unsignedByte());
      case LONG_BINPUT -> memoize(input.signedInt());
      case BINGET -> recall(input.unsignedByte());
      case LONG_BINGET -> recall(input.signedInt());
      case GLOBAL -> push(PickleGlobal.named(input.line(), input.line()));
      case BINPERSID -> push(TorchValues.storage(pop()));
      case REDUCE -> reduce();
      case BUILD -> build();
      default -> throw refused(opcode);
    }
  }

  private static void requireProtocol(int protocol) throws TorchFileException {
    if (protocol > MAX_PROTOCOL) {
      throw new TorchFileException("its pickle is of protocol " + protocol);
    }
  }

  private void push(@Nullable Object value) throws TorchFileException {
    if (++values > MAX_VALUES) {
      throw new TorchFileException("its pickle holds more than " + MAX_VALUES + " values");
    }
    stack.add(value);
  }

  private @Nullable Object pop() throws TorchFileException {
    return popLast(1).get(0);
  }

  private void mark() throws TorchFileException {
    if (markCount == MAX_MARKS) {
      throw new TorchFileException("its pickle is nested more than " + MAX_MARKS + " deep");
    }
    if (markCount == marks.length) {
      marks = Arrays.copyOf(marks, 2 * marks.length);
    }
    marks[markCount++] = stack.size();
  }

  private List<@Nullable Object> popMarked() throws TorchFileException {
    if (markCount == 0) {
      throw underflow();
    }
    return take(marks[--markCount]);
  }

  /** How many values may be taken: those below the last mark belong to what is built around it. */
  private int available() {
    return stack.size() - (markCount == 0 ? 0 : marks[markCount - 1]);
  }

  private List<@Nullable Object> popLast(int count) throws TorchFileException {
    if (available() < count) {
      throw underflow();
    }
    return take(stack.size() - count);
  }

  private List<@Nullable Object> take(int from) {
    List<@Nullable Object> tail = stack.subList(from, stack.size());
    List<@Nullable Object> taken = new ArrayList<>(tail);
    tail.clear();
    return taken;
  }

  private @Nullable Object top() throws TorchFileException {
    if (available() == 0) {
      throw underflow();
    }
    return stack.get(stack.size() - 1);
  }

  private void append(List<@Nullable Object> items) throws TorchFileException {
    containers.append(top(), items);
  }

  private void setItems(List<@Nullable Object> items) throws TorchFileException {
    containers.put(top(), items);
  }

  /** Python numbers what it remembers from 0, in order, so that a list will do. */
  private void memoize(int index) throws TorchFileException {
    if (index != memo.size()) {
      throw new TorchFileException("its pickle does not number its values in order");
    }
    memo.add(top());
  }

  private void recall(int index) throws TorchFileException {
    if (index < 0 || index >= memo.size()) {
      throw new TorchFileException("its pickle refers to a value that is not there");
    }
    push(memo.get(index));
  }

  private void reduce() throws TorchFileException {
    List<@Nullable Object> call = popLast(2);
    if (!(call.get(1) instanceof List<?> arguments) || !containers.isTuple(arguments)) {
      throw new TorchFileException("its pickle calls something without arguments");
    }
    if (call.get(0) == PickleGlobal.ORDERED_DICT && arguments.isEmpty()) {
      push(containers.newMap());
    } else if (call.get(0) == PickleGlobal.REBUILD_TENSOR) {
      push(TorchValues.tensor(arguments));
    } else if (call.get(0) == PickleGlobal.REBUILD_PARAMETER
        || call.get(0) == PickleGlobal.REBUILD_PARAMETER_WITH_STATE) {
      push(TorchValues.parameter(arguments));
    } else {
      throw new TorchFileException("its pickle calls something that is refused");
    }
  }

  /** A module's state_dict() hangs the versions of its layers on the dictionary; nothing needs them. */
  private void build() throws TorchFileException {
    if (available() < 2
        || !(stack.get(stack.size() - 2) instanceof Map)
        || !(stack.get(stack.size() - 1) instanceof Map)) {
      throw refused(PickleOpcode.BUILD);
    }
    pop();
  }

  private static TorchFileException refused(PickleOpcode opcode) {
    return new TorchFileException("its pickle uses the opcode " + opcode + ", which is refused");
  }

  private static TorchFileException underflow() {
    return new TorchFileException("its pickle uses values that are not there");
  }
}
