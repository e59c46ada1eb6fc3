// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import java.io.File;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The class path for a process that is started with the classes of this one. */
public final class ClassPath {

  private ClassPath() {}

  /** Maven's exec plugin and Surefire keep the class path elsewhere than in java.class.path. */
  public static String ofThisProcess() {
    String ofTests = System.getProperty("surefire.test.class.path");
    List<String> places = new ArrayList<>();
    @Nullable ClassLoader loader = ClassPath.class.getClassLoader();
    if (loader instanceof URLClassLoader urls) {
      for (URL url : urls.getURLs()) {
        try {
          places.add(Path.of(url.toURI()).toString());
        } catch (URISyntaxException e) {
          throw new IllegalStateException(url + " is no place of classes", e);
        }
      }
    }
    places.add(ofTests == null ? System.getProperty("java.class.path") : ofTests);
    return String.join(File.pathSeparator, places);
  }
}
