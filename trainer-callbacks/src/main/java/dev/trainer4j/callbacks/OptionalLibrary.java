// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import java.util.function.Supplier;

/**
 * A library that a build adds for the callbacks that need it.
 *
 * @param coordinates what to add, {@code group:artifact:version}
 * @param className a class that is there if the library is
 */
record OptionalLibrary(String coordinates, String className) {

  boolean isPresent() {
    try {
      Class.forName(className, false, OptionalLibrary.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }

  /**
   * Runs something that the library is needed for, and says so if the library there is another than the one it was
   * built with: the JVM would name a class or method and not what to do.
   *
   * @param who the class that needs it
   * @throws IllegalStateException with the coordinates, if the library there does not fit
   */
  <T> T linked(String who, Supplier<T> call) {
    try {
      return call.get();
    } catch (LinkageError e) {
      throw new IllegalStateException(
          who
              + " works with the optional library "
              + coordinates
              + ", but what is on the class path does not fit it ("
              + e
              + "): set this version in the build",
          e);
    }
  }

  /**
   * Asks for the library before its classes are touched, which would fail without saying why.
   *
   * @param who the class that needs it
   * @throws IllegalStateException with the coordinates to add, if it is missing
   */
  void require(String who) {
    if (!isPresent()) {
      String[] parts = coordinates.split(":", 3);
      throw new IllegalStateException(
          who
              + " needs the optional library "
              + coordinates
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
