// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Without an optional library everything else works, and asking for it gives its coordinates. */
class OptionalLibrariesTest {

  @ParameterizedTest
  @CsvSource({
    "micrometer, micrometer-core, io.micrometer:micrometer-core",
    "opentelemetry, opentelemetry-api, io.opentelemetry:opentelemetry-api"
  })
  void aMissingLibraryIsNamedByItsCoordinates(String name, String jar, String coordinates)
      throws Exception {
    assertThat(new ReadyMadeCallbacks().missing(name)).isEmpty();
    String version = versionOf(jar);
    URL[] without =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !new File(entry).getName().startsWith(jar))
            .map(OptionalLibrariesTest::url)
            .toArray(URL[]::new);
    try (URLClassLoader loader =
        new URLClassLoader(without, ClassLoader.getPlatformClassLoader())) {
      Object provider =
          loader.loadClass(ReadyMadeCallbacks.class.getName()).getConstructor().newInstance();

      assertThat(provider.getClass().getMethod("missing", String.class).invoke(provider, name))
          .isEqualTo(Optional.of(coordinates + ":" + version));
      assertThat((List<?>) provider.getClass().getMethod("names").invoke(provider))
          .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.list(String.class))
          .contains(name);
      assertThat(provider.getClass().getMethod("missing", String.class).invoke(provider, "csv"))
          .isEqualTo(Optional.empty());
    }
  }

  /** The version that these tests run with. */
  private static String versionOf(String jar) {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(entry -> new File(entry).getName())
        .filter(name -> name.startsWith(jar + "-"))
        .map(name -> name.substring(jar.length() + 1, name.length() - ".jar".length()))
        .findFirst()
        .orElseThrow();
  }

  private static URL url(String entry) {
    try {
      return new File(entry).toURI().toURL();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException(entry, e);
    }
  }
}
