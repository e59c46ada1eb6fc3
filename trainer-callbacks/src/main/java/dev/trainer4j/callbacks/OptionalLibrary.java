// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

/** Libraries that a build adds for the callbacks that need them. */
final class OptionalLibrary {

  private OptionalLibrary() {}

  /**
   * Asks for the library before its classes are touched, which would fail without saying why.
   *
   * @param who the class that needs it
   * @throws IllegalStateException with the coordinates to add, if it is missing
   */
  static void require(ReadyMade.Library library, String who) {
    if (!library.isPresent()) {
      String[] parts = library.coordinates().split(":", 3);
      throw new IllegalStateException(
          who
              + " needs the optional library "
              + library.coordinates()
              + ", which is not on the class path; add it to the build:\n"
              + "<dependency>\n  <groupId>"
              + parts[0]
              + "</groupId>\n  <artifactId>"
              + parts[1]
              + "</artifactId>\n  <version>"
              + parts[2]
              + "</version>\n</dependency>");
    }
  }
}
