// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.Optional;
import org.immutables.value.Value;

/** What goes to the Hugging Face Hub; for any of it the module trainer-hub must be on the class path. */
public interface HubArguments {
  /**
   * Whether the run is pushed to the Hub, in the background.
   *
   * @return false by default
   */
  @Value.Default
  default boolean pushToHub() {
    return false;
  }

  /**
   * The repository, {@code owner/name}; a name alone is one of the token's account.
   *
   * @return unset by default, which means the name of {@code outputDir}
   */
  Optional<String> hubModelId();

  /**
   * What is pushed, and when.
   *
   * @return {@link HubStrategy#EVERY_SAVE} by default
   */
  @Value.Default
  default HubStrategy hubStrategy() {
    return HubStrategy.EVERY_SAVE;
  }

  /**
   * The token, which is neither printed nor saved; a checkpoint has {@code <HUB_TOKEN>} in its place, which reads as unset.
   *
   * @return unset by default, which means {@code HF_TOKEN}, or the token that {@code hf auth login} has saved
   */
  @Value.Redacted
  Optional<String> hubToken();

  /**
   * Whether a repository that has to be made is private.
   *
   * @return unset by default, which means what the settings of its owner say
   */
  Optional<Boolean> hubPrivateRepo();

  /**
   * Whether a push waits for the one before; by default a checkpoint that is saved during a push is not pushed, unless it is the last.
   *
   * @return false by default
   */
  @Value.Default
  default boolean hubAlwaysPush() {
    return false;
  }

  /**
   * The branch that is pushed to; it is made if there is none.
   *
   * @return unset by default, which means {@code main}
   */
  Optional<String> hubRevision();
}
