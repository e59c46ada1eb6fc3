// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.util.Collections;
import java.util.Enumeration;
import org.junit.jupiter.api.Test;

class TorchEngineTest {

  /** Loads DJL and this library anew, as from a jar whose files of services were not joined. */
  private static final class WithoutServices extends ClassLoader {

    WithoutServices() {
      super(TorchEngineTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith("ai.djl.") && !name.startsWith("dev.trainer4j.")) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        if (loaded != null) {
          return loaded;
        }
        try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
          byte[] bytes = in.readAllBytes();
          return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
          throw new ClassNotFoundException(name, e);
        }
      }
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
      return name.startsWith("META-INF/services/ai.djl.engine.")
          ? Collections.emptyEnumeration()
          : super.getResources(name);
    }
  }

  @Test
  void aJarThatHasLostItsServicesIsToldWhatToDo() throws Exception {
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    WithoutServices loader = new WithoutServices();
    Thread.currentThread().setContextClassLoader(loader);
    try {
      Class<?> functions = loader.loadClass(TorchFunctions.class.getName());
      assertThat(functions).isNotSameAs(TorchFunctions.class);
      assertThatThrownBy(() -> functions.getMethod("defaultDevice").invoke(null))
          .isInstanceOf(InvocationTargetException.class)
          .cause()
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("none at all")
          .hasMessageContaining("ServicesResourceTransformer")
          .hasMessageContaining("mergeServiceFiles()");
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }
}
