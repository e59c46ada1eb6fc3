// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.util.List;

/**
 * How a folder is pushed.
 *
 * @param repo the repository; it must exist, or be made with {@link HubClient#createRepository}
 * @param revision the branch
 * @param message first line of the commit
 * @param pathInRepo the folder there; empty for the top
 * @param ignore patterns of files that stay here, relative to the folder, as Python's {@code ignore_patterns}
 */
public record UploadRequest(
    HubRepo repo, String revision, String message, String pathInRepo, List<String> ignore) {

  /** Copies the list and checks the folder. */
  public UploadRequest {
    ignore = List.copyOf(ignore);
    if (!pathInRepo.isEmpty()) {
      try {
        HubFileName.check(pathInRepo);
      } catch (HubException e) {
        throw new IllegalArgumentException("pathInRepo: " + e.getMessage(), e);
      }
    }
    if (message.isBlank()) {
      throw new IllegalArgumentException("message is empty; say what the commit brings");
    }
  }

  /** Asks for all of a folder at the top of branch main. */
  public static UploadRequest of(HubRepo repo, String message) {
    return new UploadRequest(repo, "main", message, "", List.of());
  }

  /** Asks for another branch. */
  public UploadRequest revision(String branch) {
    return new UploadRequest(repo, branch, message, pathInRepo, ignore);
  }

  /** Asks for a folder of the repository. */
  public UploadRequest pathInRepo(String folder) {
    return new UploadRequest(repo, revision, message, folder, ignore);
  }

  /** Leaves files out that match one of some patterns. */
  public UploadRequest ignore(String... patterns) {
    return new UploadRequest(repo, revision, message, pathInRepo, List.of(patterns));
  }
}
