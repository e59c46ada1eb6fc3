// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.trainer4j.Trainer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class TerminalTest {

  private final Logger logger = (Logger) LoggerFactory.getLogger(Trainer.class);
  private final Level before = logger.getLevel();

  @AfterEach
  void restore() {
    logger.setLevel(before);
  }

  @Test
  void isFloodedOnlyWhereTheHostWantsEveryLine() {
    logger.setLevel(Level.DEBUG);
    assertThat(Terminal.isFlooded()).isTrue();
    logger.setLevel(Level.INFO);
    assertThat(Terminal.isFlooded()).isFalse();
  }

  @Test
  void testsHaveNone() {
    assertThat(Terminal.suitsBars()).isFalse();
  }
}
