// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import dev.trainer4j.file.GitLfsPointer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Looks at a TorchScript archive before libtorch does: its parsers call themselves for everything that is
 * nested, and a stack that overflows there ends the JVM.
 */
final class TorchScriptCheck {

  /** No source or pickle of a model is as long; they hold no weights. */
  private static final long LONGEST = 256L << 20;

  private TorchScriptCheck() {}

  /**
   * Reads every source and pickle of the archive, but for what {@link PlainArchive} leaves out.
   *
   * @throws IOException that names the file and the entry, if it is no archive or nests too deep
   */
  static void check(Path file) throws IOException {
    if (GitLfsPointer.isOne(file)) {
      throw new IOException(file + " " + GitLfsPointer.PROBLEM);
    }
    try (ZipFile zip = new ZipFile(file.toFile())) {
      Set<String> names = new HashSet<>();
      DefinitionDepth definitions = new DefinitionDepth();
      for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
        ZipEntry entry = all.nextElement();
        String name = entry.getName().toLowerCase(Locale.ROOT);
        if (!names.add(name)) {
          throw new IOException(entry.getName() + " is there twice");
        }
        boolean source = name.endsWith(".py");
        if (PlainArchive.hasPositions(name) || (!source && !name.endsWith("pkl"))) {
          continue;
        }
        if (entry.getSize() > LONGEST) {
          throw new IOException(
              entry.getName() + " has " + entry.getSize() + " bytes, more than any model needs");
        }
        check(entry.getName(), source, read(zip, entry), definitions);
      }
      definitions.check();
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException(
          file
              + " is no TorchScript file that can be loaded: "
              + e.getMessage()
              + "; write it with torch.jit.script(model).save(file) of PyTorch 1.4 or later",
          e);
    }
  }

  /** The file {@code model/code/__torch__/torch/nn/functional.py} has {@code __torch__.torch.nn.functional}. */
  private static String module(String name) {
    int begin = Math.max(0, name.indexOf("__torch__"));
    return name.substring(begin, name.length() - ".py".length()).replace('/', '.');
  }

  private static byte[] read(ZipFile zip, ZipEntry entry) throws IOException {
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] bytes = in.readNBytes((int) LONGEST);
      if (in.read() >= 0) {
        throw new IOException(entry.getName() + " is longer than it says");
      }
      return bytes;
    }
  }

  private static void check(String name, boolean source, byte[] bytes, DefinitionDepth definitions)
      throws IOException {
    try {
      if (source) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        SourceDepth.check(text);
        definitions.add(module(name), text);
      } else {
        PickleDepth.check(bytes);
      }
    } catch (IOException e) {
      throw new IOException(name + " " + e.getMessage(), e);
    }
  }
}
