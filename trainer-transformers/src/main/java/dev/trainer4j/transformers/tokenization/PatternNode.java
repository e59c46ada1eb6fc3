// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** A part of a pattern, as far as the time of matching depends on it. */
sealed interface PatternNode {

  /** Stands for no upper limit. */
  int UNLIMITED = Integer.MAX_VALUE;

  /**
   * Returns how often this part may be tried.
   *
   * @param failable whether something behind it can fail, so that its other ways are tried
   */
  PatternCost cost(boolean failable);

  /** The least number of characters it matches. */
  int minLength();

  /** Whether there is a text on which it does not match. */
  boolean canFail();

  /** Whether it matches a text in one way only, and always as many characters. */
  boolean isFixed();

  /** The size of the compiled pattern, roughly. */
  double size();

  /** Whether it matches letters as well as spaces, so that a repetition of it runs over a whole text. */
  boolean isWide();

  /** One character of a set, which is written as in the pattern. */
  record OneCharacter(String set) implements PatternNode {
    @Override
    public boolean isWide() {
      if (set.equals(".")) {
        return true;
      }
      // What sets have in common in Java and in Oniguruma is enough here; scripts have a prefix in
      // Java.
      for (String java : List.of(set, set.replaceAll("\\\\([pP])\\{(?=\\w)", "\\\\$1{Is"))) {
        try {
          Pattern pattern = Pattern.compile(java);
          return pattern.matcher("e").matches() && pattern.matcher(" ").matches();
        } catch (PatternSyntaxException e) {
          // The other way of writing it may be known.
        }
      }
      return true;
    }

    @Override
    public PatternCost cost(boolean failable) {
      return PatternCost.ONE;
    }

    @Override
    public int minLength() {
      return 1;
    }

    @Override
    public boolean canFail() {
      return true;
    }

    @Override
    public boolean isFixed() {
      return true;
    }

    @Override
    public double size() {
      return 1;
    }
  }

  /** A condition on a place, such as {@code ^}, or on what stands before or behind it. */
  record Condition(PatternNode body) implements PatternNode {
    @Override
    public PatternCost cost(boolean failable) {
      return new PatternCost(1, body.cost(true).exponent());
    }

    @Override
    public boolean isWide() {
      return false;
    }

    @Override
    public int minLength() {
      return 0;
    }

    @Override
    public boolean canFail() {
      return true;
    }

    @Override
    public boolean isFixed() {
      return false;
    }

    @Override
    public double size() {
      return 1 + body.size();
    }
  }

  /** What is not entered again once it has matched: {@code (?>...)} and possessive repetitions. */
  record Atomic(PatternNode body) implements PatternNode {
    @Override
    public PatternCost cost(boolean failable) {
      return new PatternCost(1, body.cost(failable).exponent());
    }

    @Override
    public boolean isWide() {
      return body.isWide();
    }

    @Override
    public int minLength() {
      return body.minLength();
    }

    @Override
    public boolean canFail() {
      return body.canFail();
    }

    @Override
    public boolean isFixed() {
      return body.isFixed();
    }

    @Override
    public double size() {
      return 1 + body.size();
    }
  }

  /** One part behind the other. */
  record InOrder(List<PatternNode> parts) implements PatternNode {
    @Override
    public boolean isWide() {
      return parts.stream().allMatch(PatternNode::isWide);
    }

    @Override
    public PatternCost cost(boolean failable) {
      PatternCost cost = PatternCost.ONE;
      boolean laterCanFail = failable;
      for (int i = parts.size() - 1; i >= 0; i--) {
        cost = parts.get(i).cost(laterCanFail).then(cost);
        laterCanFail |= parts.get(i).canFail();
      }
      return cost;
    }

    @Override
    public int minLength() {
      return parts.stream().mapToInt(PatternNode::minLength).sum();
    }

    @Override
    public boolean canFail() {
      return parts.stream().anyMatch(PatternNode::canFail);
    }

    @Override
    public boolean isFixed() {
      return parts.stream().allMatch(PatternNode::isFixed);
    }

    @Override
    public double size() {
      return parts.stream().mapToDouble(PatternNode::size).sum();
    }
  }

  /** One of several parts, the first that fits. */
  record OneOf(List<PatternNode> branches) implements PatternNode {
    @Override
    public boolean isWide() {
      return branches.stream().anyMatch(PatternNode::isWide);
    }

    @Override
    public PatternCost cost(boolean failable) {
      PatternCost cost = new PatternCost(0, 0);
      for (PatternNode branch : branches) {
        cost = cost.or(branch.cost(failable));
      }
      return failable ? cost : new PatternCost(1, cost.exponent());
    }

    @Override
    public int minLength() {
      return branches.stream().mapToInt(PatternNode::minLength).min().orElse(0);
    }

    @Override
    public boolean canFail() {
      return branches.stream().allMatch(PatternNode::canFail);
    }

    @Override
    public boolean isFixed() {
      return branches.size() == 1 && branches.get(0).isFixed();
    }

    @Override
    public double size() {
      return branches.stream().mapToDouble(PatternNode::size).sum();
    }
  }

  /** A repetition. */
  record Repeated(PatternNode body, int least, int most) implements PatternNode {
    @Override
    public PatternCost cost(boolean failable) {
      if (most == UNLIMITED) {
        // What runs over whole texts does so from each place of them, too.
        return new PatternCost(1, failable ? body.isWide() ? 2 : 1 : 0);
      }
      if (body.isFixed()) {
        return failable ? new PatternCost(most - least + 1, 0) : PatternCost.ONE;
      }
      return body.cost(failable || most > 1).times(failable ? least : most, most);
    }

    @Override
    public boolean isWide() {
      return body.isWide();
    }

    @Override
    public int minLength() {
      return Math.min(least, 1 << 10) * Math.min(body.minLength(), 1 << 10);
    }

    @Override
    public boolean canFail() {
      return least > 0 && body.canFail();
    }

    @Override
    public boolean isFixed() {
      return least == most && body.isFixed();
    }

    @Override
    public double size() {
      return body.size() * Math.max(1, most == UNLIMITED ? Math.max(1, least) : most);
    }
  }
}
