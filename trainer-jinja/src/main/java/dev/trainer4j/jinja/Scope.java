// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which variable a name means, by the reference's rules: a loop, a macro and a block see what is outside
 * and have copies of what they assign; branches of an {@code if} share the scope around it; a name that
 * nobody assigns comes from the context.
 */
final class Scope {

  /** The slots of a frame. */
  static final class Layout {
    private final Map<String, Integer> slots = new HashMap<>();
    final @Nullable Layout outer;

    Layout(@Nullable Layout outer) {
      this.outer = outer;
    }

    int size() {
      return slots.size();
    }

    private Slot slot(int level, String name) {
      return new Slot(this, slots.computeIfAbsent(level + " " + name, key -> slots.size()));
    }
  }

  /** A place in a frame. */
  record Slot(Layout layout, int index) {}

  private enum Source {
    PARAMETER,
    CONTEXT,
    OUTER,
    NOTHING
  }

  private record Load(Source source, String name, @Nullable Slot outer) {}

  /** What is done when a scope is entered: a slot gets its value from the context or from outside. */
  record Entry(int index, @Nullable String contextName, @Nullable Variable outer) {}

  final Layout layout;

  /** Whether the top level of the template runs here, whose variables blocks can see. */
  final boolean top;

  /** Whether a mistake in a name of a filter may wait until the place is reached: inside an if. */
  final boolean soft;

  final boolean loop;

  private final int level;
  private final @Nullable Scope parent;
  private final Map<String, Slot> names;
  private final Map<Slot, Load> loads;
  private final Set<String> stores;

  private Scope(
      @Nullable Scope parent,
      Layout layout,
      int level,
      boolean top,
      boolean soft,
      boolean loop,
      Map<String, Slot> names,
      Map<Slot, Load> loads,
      Set<String> stores) {
    this.parent = parent;
    this.layout = layout;
    this.level = level;
    this.top = top;
    this.soft = soft;
    this.loop = loop;
    this.names = names;
    this.loads = loads;
    this.stores = stores;
  }

  /** The scope of a template, or of a block of it. */
  static Scope root(boolean top) {
    return new Scope(
        null,
        new Layout(null),
        0,
        top,
        false,
        false,
        new HashMap<>(),
        new LinkedHashMap<>(),
        new HashSet<>());
  }

  /** A scope inside of this one, in the same frame. */
  Scope inner(boolean inLoop) {
    return inner(layout, inLoop);
  }

  /** A scope inside of this one, with a frame of its own. */
  Scope call(boolean inLoop) {
    return inner(new Layout(layout), inLoop);
  }

  /** A scope inside of an outer one, in the frame of this one. */
  Scope sibling(Scope outer) {
    return outer.inner(layout, outer.loop);
  }

  private Scope inner(Layout frame, boolean inLoop) {
    return new Scope(
        this,
        frame,
        level + 1,
        false,
        false,
        inLoop,
        new HashMap<>(),
        new LinkedHashMap<>(),
        new HashSet<>());
  }

  /** The same variables, inside of an if. */
  Scope softened() {
    return soft ? this : new Scope(parent, layout, level, top, true, loop, names, loads, stores);
  }

  private Scope copy() {
    return new Scope(
        parent,
        layout,
        level,
        top,
        soft,
        loop,
        new HashMap<>(names),
        new LinkedHashMap<>(loads),
        new HashSet<>(stores));
  }

  private Slot define(String name, Load load) {
    Slot slot = layout.slot(level, name);
    names.put(name, slot);
    loads.put(slot, load);
    return slot;
  }

  private @Nullable Slot find(String name) {
    for (Scope scope = this; scope != null; scope = scope.parent) {
      Slot slot = scope.names.get(name);
      if (slot != null) {
        return slot;
      }
    }
    return null;
  }

  private Load outside(String name, Source otherwise) {
    Slot outer = parent == null ? null : parent.find(name);
    return outer != null ? new Load(Source.OUTER, name, outer) : new Load(otherwise, name, null);
  }

  void read(String name) {
    if (find(name) == null) {
      define(name, new Load(Source.CONTEXT, name, null));
    }
  }

  void write(String name) {
    stores.add(name);
    if (!names.containsKey(name)) {
      define(name, outside(name, Source.NOTHING));
    }
  }

  /** Declares a variable that gets its value when the scope is entered. */
  Variable parameter(String name) {
    stores.add(name);
    define(name, new Load(Source.PARAMETER, name, null));
    return variable(name);
  }

  /** Declares the branches of an if: what one of them assigns has its outer value in the others. */
  void branches(List<List<? extends Node>> branches) {
    List<Scope> copies = new ArrayList<>();
    for (List<? extends Node> branch : branches) {
      Scope copy = copy();
      branch.forEach(node -> node.declare(copy));
      copies.add(copy);
    }
    Set<String> added = new HashSet<>();
    copies.forEach(copy -> added.addAll(copy.stores));
    added.removeAll(stores);
    for (Scope copy : copies) {
      names.putAll(copy.names);
      loads.putAll(copy.loads);
      stores.addAll(copy.stores);
    }
    for (String name : added) {
      loads.put(Objects.requireNonNull(find(name)), outside(name, Source.CONTEXT));
    }
  }

  /** Returns how to reach a variable from here. */
  Variable variable(String name) {
    Slot slot = find(name);
    if (slot == null) {
      slot = define(name, new Load(Source.CONTEXT, name, null));
    }
    return reach(name, slot);
  }

  private Variable reach(String name, Slot slot) {
    int hops = 0;
    for (Layout frame = layout; frame != slot.layout && frame != null; frame = frame.outer) {
      hops++;
    }
    return new Variable(name, hops, slot.index);
  }

  /** Returns what to do on entry; to be asked for when the inside is resolved. */
  Entry[] entries() {
    List<Entry> entries = new ArrayList<>();
    loads.forEach(
        (slot, load) -> {
          if (load.source != Source.PARAMETER) {
            entries.add(
                new Entry(
                    slot.index,
                    load.source == Source.CONTEXT ? load.name : null,
                    load.outer == null ? null : reach(load.name, load.outer)));
          }
        });
    return entries.toArray(Entry[]::new);
  }

  static void enter(Frame frame, Entry[] entries) {
    for (Entry entry : entries) {
      frame.slots[entry.index] =
          entry.contextName != null
              ? frame.state.resolve(entry.contextName)
              : entry.outer != null ? entry.outer.valueIn(frame) : null;
    }
  }
}
