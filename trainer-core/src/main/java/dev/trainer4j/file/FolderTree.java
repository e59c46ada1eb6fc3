// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.file;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What lies in a folder at any depth, in a fixed order, without ever following a symbolic link.
 *
 * @param folders the folder itself first
 * @param files regular files
 * @param others links, pipes and the like
 */
public record FolderTree(List<Path> folders, List<Path> files, List<Path> others) {

  /** Looks at a folder. */
  public static FolderTree of(Path root) throws IOException {
    FolderTree tree = new FolderTree(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            tree.folders.add(folder);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            (attributes.isRegularFile() ? tree.files : tree.others).add(file);
            return FileVisitResult.CONTINUE;
          }
        });
    tree.files.sort(null);
    tree.others.sort(null);
    return tree;
  }

  /** Deletes a folder with all that is in it; of links the links alone. */
  public static void delete(Path root) throws IOException {
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
