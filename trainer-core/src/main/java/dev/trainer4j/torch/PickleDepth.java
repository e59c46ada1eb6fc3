// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How deep the objects of a pickle are within each other, and the names of types in it, which libtorch parses
 * as it does a source. Reads the instructions that libtorch knows, makes nothing of them, and lets whatever is
 * wrong with them be libtorch's to say.
 */
final class PickleDepth {

  private static final int DEEPEST = 500;

  /** Depths of a node while and after its parts are looked at. */
  private static final int OPEN = -1;

  /** What gives a list or a dictionary the type that stands in a text. */
  private static final String TYPE_TAG = "torch.jit._pickle.restore_type_tag";

  private static final class Node {
    private final List<Node> parts = new ArrayList<>(0);

    /** A name or a text; empty for all else. */
    private String text = "";

    private int depth;
    private int next;
  }

  private final ByteBuffer in;
  private final List<Node> nodes = new ArrayList<>();
  private final List<Node> stack = new ArrayList<>();
  private final Deque<Integer> marks = new ArrayDeque<>();
  private final Map<Long, Node> memo = new HashMap<>();

  private PickleDepth(byte[] bytes) {
    in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Reads a pickle.
   *
   * @throws IOException if objects nest too deep, contain themselves, or an instruction is unknown
   */
  static void check(byte[] bytes) throws IOException {
    PickleDepth pickle = new PickleDepth(bytes);
    try {
      while (pickle.in.hasRemaining() && pickle.step(pickle.in.get())) {
        // All is done in step.
      }
    } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
      throw new IOException("ends in the middle of an instruction, or takes what is not there", e);
    }
    for (Node node : pickle.nodes) {
      measure(node);
    }
  }

  /** Returns whether there is more to read. */
  private boolean step(byte instruction) throws IOException {
    switch (instruction) {
      case '.' -> {
        return false;
      }
      case (byte) 0x80 -> skip(1);
      case '(' -> marks.push(stack.size());
      case '}', ']', ')', 'N', (byte) 0x88, (byte) 0x89 -> leaf(0);
      case 'K' -> leaf(1);
      case 'M' -> leaf(2);
      case 'J' -> leaf(4);
      case 'G' -> leaf(8);
      case (byte) 0x8a, 'U' -> leaf(in.get() & 0xFF);
      case 'X' -> text(in.getInt() & 0xFFFFFFFFL);
      case 'T', 'B' -> leaf(in.getInt() & 0xFFFFFFFFL);
      case (byte) 0x8d -> text(in.getLong());
      case 'c' -> name();
      case 'q' -> memo.put((long) (in.get() & 0xFF), top());
      case 'r' -> put(in.getInt() & 0xFFFFFFFFL);
      case 'h' -> get(in.get() & 0xFF);
      case 'j' -> get(in.getInt() & 0xFFFFFFFFL);
      case 't', 'l', 'd' -> push(join(new Node(), popMark()));
      case (byte) 0x85 -> push(join(new Node(), pop(1)));
      case (byte) 0x86 -> push(join(new Node(), pop(2)));
      case (byte) 0x87 -> push(join(new Node(), pop(3)));
      case 'R' -> reduce(pop(2));
      case (byte) 0x81 -> push(join(new Node(), pop(2)));
      case 'Q' -> push(join(new Node(), pop(1)));
      case 'a', 'b' -> {
        List<Node> part = pop(1);
        join(top(), part);
      }
      case 's' -> {
        List<Node> pair = pop(2);
        join(top(), pair);
      }
      case 'e', 'u' -> {
        List<Node> parts = popMark();
        join(top(), parts);
      }
      default ->
          throw new IOException(
              String.format(
                  "has the unknown instruction 0x%02x at byte %d",
                  instruction & 0xFF, in.position() - 1));
    }
    return true;
  }

  private void leaf(long bytes) throws IOException {
    skip(bytes);
    push(new Node());
  }

  private void skip(long bytes) throws IOException {
    if (bytes < 0 || bytes > in.remaining()) {
      throw new IOException("ends in the middle of an instruction");
    }
    in.position(in.position() + (int) bytes);
  }

  private void text(long bytes) throws IOException {
    int begin = in.position();
    leaf(bytes);
    top().text = new String(in.array(), begin, (int) bytes, StandardCharsets.UTF_8);
  }

  /** A class or a function; the name of a class is a type. */
  private void name() throws IOException {
    String name = line() + "." + line();
    requireShallow(name);
    leaf(0);
    top().text = name;
  }

  private String line() {
    int begin = in.position();
    while (in.get() != '\n') {
      // Only its end matters.
    }
    return new String(in.array(), begin, in.position() - 1 - begin, StandardCharsets.UTF_8);
  }

  /** Calls a function with a tuple. */
  private void reduce(List<Node> call) throws IOException {
    if (call.get(0).text.equals(TYPE_TAG)) {
      for (Node argument : call.get(1).parts) {
        requireShallow(argument.text);
      }
    }
    push(join(new Node(), call));
  }

  private static void requireShallow(String type) throws IOException {
    try {
      SourceDepth.check(type);
    } catch (IOException e) {
      throw new IOException("has the name of a type that " + e.getMessage(), e);
    }
  }

  private void push(Node node) {
    nodes.add(node);
    stack.add(node);
  }

  /** libtorch makes room for all places up to this one; numbers of 8 bits need no such look. */
  private void put(long key) throws IOException {
    if (key > in.limit()) {
      throw new IOException(
          "puts an object away at " + key + ", and has but " + in.limit() + " bytes");
    }
    memo.put(key, top());
  }

  private void get(long key) throws IOException {
    Node node = memo.get(key);
    if (node == null) {
      throw new IOException("asks for the object " + key + ", which was not put away");
    }
    stack.add(node);
  }

  private Node top() {
    return stack.get(stack.size() - 1);
  }

  private List<Node> pop(int count) {
    return take(stack.size() - count);
  }

  private List<Node> popMark() throws IOException {
    Integer mark = marks.poll();
    if (mark == null) {
      throw new IOException("closes what was not opened");
    }
    return take(mark);
  }

  private List<Node> take(int from) {
    List<Node> end = stack.subList(from, stack.size());
    List<Node> taken = List.copyOf(end);
    end.clear();
    return taken;
  }

  private static Node join(Node node, List<Node> parts) {
    node.parts.addAll(parts);
    return node;
  }

  /** Measures without calling itself. */
  private static void measure(Node root) throws IOException {
    Deque<Node> path = new ArrayDeque<>();
    if (root.depth == 0) {
      root.depth = OPEN;
      path.push(root);
    }
    while (!path.isEmpty()) {
      Node node = path.peek();
      if (node.next < node.parts.size()) {
        Node part = node.parts.get(node.next++);
        if (part.depth == OPEN) {
          throw new IOException("has an object that contains itself");
        }
        if (part.depth == 0) {
          part.depth = OPEN;
          path.push(part);
        }
      } else {
        int deepest = 0;
        for (Node part : node.parts) {
          deepest = Math.max(deepest, part.depth);
        }
        node.depth = deepest + 1;
        if (node.depth > DEEPEST) {
          throw new IOException("nests more than " + DEEPEST + " objects within each other");
        }
        path.pop();
      }
    }
  }
}
