// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import dev.trainer4j.examples.gpu.Verification;
import java.io.IOException;

/**
 * Checks an installation with a GPU in fourteen steps, each in a process of its own, and prints a table of what was
 * expected, what was found, and a verdict. {@code docs/gpu.md} explains it.
 *
 * <pre>./mvnw -q -Pcuda compile exec:java -pl trainer-examples -am -Dexec.mainClass=dev.trainer4j.examples.VerifyGpu</pre>
 *
 * <p>On a machine without a GPU the same steps run on the CPU, and say what they cannot tell there.
 */
public final class VerifyGpu {

  private VerifyGpu() {}

  /**
   * Runs the steps; ends with status 1 if one of them found a fault.
   *
   * @param args {@code --steps 1,3}, {@code --device cpu} or {@code gpu:0}, {@code --out FOLDER}
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    int status = Verification.of(args).run(System.out);
    System.out.flush();
    if (status != 0) {
      System.exit(status);
    }
  }
}
