// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Packs the text of one TorchScript class into the archive that libtorch loads.
 *
 * <p>The archive is a zip of stored (not compressed) entries. Its two pickles are constants: an
 * object of the class whose only attribute, {@code training}, is true, and an empty tuple.
 */
final class TorchScriptArchive {

  /** The newest that libtorch 2.7 reads: an older one would hide newer forms of operators. */
  private static final String VERSION = "10\n";

  private TorchScriptArchive() {}

  /** Loads {@code source}, the text of a class; the caller closes what it returns. */
  static PtSymbolBlock load(PtNDManager manager, String className, String source) {
    try {
      return JniUtils.loadModule(manager, of(className, source), false, false);
    } catch (IOException e) {
      throw new UncheckedIOException("an archive in memory cannot fail", e);
    }
  }

  /** Returns the archive of {@code source}, the text of a class {@code __torch__.<className>}. */
  private static InputStream of(String className, String source) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      store(zip, "data.pkl", instanceOf(className));
      store(zip, "code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
      store(zip, "constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
      store(zip, "version", VERSION.getBytes(StandardCharsets.US_ASCII));
    }
    return new ByteArrayInputStream(bytes.toByteArray());
  }

  /** Pickle, protocol 2: {@code __torch__.<className>.__new__()} with state {training: true}. */
  private static byte[] instanceOf(String className) throws IOException {
    ByteArrayOutputStream pickle = new ByteArrayOutputStream();
    pickle.write(new byte[] {(byte) 0x80, 2, 'c'});
    pickle.write(("__torch__\n" + className + "\n").getBytes(StandardCharsets.US_ASCII));
    pickle.write(new byte[] {')', (byte) 0x81, '}', '(', 'X', 8, 0, 0, 0});
    pickle.write("training".getBytes(StandardCharsets.US_ASCII));
    pickle.write(new byte[] {(byte) 0x88, 'u', 'b', '.'});
    return pickle.toByteArray();
  }

  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry("kernels/" + name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}
