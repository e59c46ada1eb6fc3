// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.saving.ResumeRequest;
import dev.trainer4j.saving.ResumeRequest.Kind;
import java.nio.file.Path;

/** Where training starts from. */
public final class ResumeFrom {

  private final ResumeRequest request;

  private ResumeFrom(ResumeRequest request) {
    this.request = request;
  }

  private static ResumeFrom of(Kind kind) {
    return new ResumeFrom(new ResumeRequest(kind, null, false));
  }

  /** Starts from the model as it is. */
  public static ResumeFrom never() {
    return of(Kind.NEVER);
  }

  /**
   * Goes on from the newest intact checkpoint of {@code outputDir}; it is an error if there is
   * none.
   */
  public static ResumeFrom latest() {
    return of(Kind.LATEST);
  }

  /**
   * Goes on from the newest intact checkpoint of {@code outputDir}, or starts from the model as it
   * is if there is no checkpoint at all. It is an error if there are some and none is intact.
   */
  public static ResumeFrom latestIfAny() {
    return of(Kind.LATEST_IF_ANY);
  }

  /** Goes on from the checkpoint in {@code folder}; it is an error if that is damaged. */
  public static ResumeFrom path(Path folder) {
    return new ResumeFrom(new ResumeRequest(Kind.PATH, folder, false));
  }

  /**
   * Allows another seed or another number of samples than the checkpoint's, which otherwise is an
   * error, because the data then comes in another order.
   */
  public ResumeFrom allowChanges() {
    return new ResumeFrom(new ResumeRequest(request.kind(), request.path(), true));
  }

  ResumeRequest request() {
    return request;
  }
}
