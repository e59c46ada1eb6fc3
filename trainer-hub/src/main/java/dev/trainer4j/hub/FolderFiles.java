// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/** The files of a folder, by the names they get in a repository. */
final class FolderFiles {
  private FolderFiles() {}

  /**
   * Lists them in the order of their names.
   *
   * @param taken whether a name is wanted; asked for folders too, with a slash at the end
   */
  static List<UploadFile> of(Path folder, Predicate<String> taken) throws IOException {
    List<UploadFile> files = new ArrayList<>();
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
            boolean top = dir.equals(folder);
            return top || taken.test(name(folder, dir) + "/")
                ? FileVisitResult.CONTINUE
                : FileVisitResult.SKIP_SUBTREE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            String name = name(folder, file);
            // A snapshot of the cache is made of links to files; links to folders are not followed.
            if (taken.test(name) && Files.isRegularFile(file)) {
              add(name, file);
            }
            return FileVisitResult.CONTINUE;
          }

          private void add(String name, Path file) throws IOException {
            try {
              files.add(UploadFile.of(name, file));
            } catch (NoSuchFileException e) {
              return; // Somebody's temporary file.
            }
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }
        });
    files.sort(Comparator.comparing(UploadFile::path));
    return files;
  }

  private static String name(Path folder, Path file) {
    return folder.relativize(file).toString().replace('\\', '/');
  }
}
