// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a Hub is spoken to.
 *
 * @param endpoint without a slash at its end
 * @param cacheDir the folder of {@code models--owner--name}
 * @param offline whether only the cache is read
 * @param symbolicLinks whether snapshots are made of links where the file system allows it
 * @param parallel transfers at a time
 * @param timeout the longest silence of a server
 * @param retryPause the pause before the first further try, doubled with each
 * @param listener is told of transfers
 */
record HubSettings(
    URI endpoint,
    Path cacheDir,
    @Nullable HubToken token,
    boolean offline,
    boolean symbolicLinks,
    int parallel,
    Duration timeout,
    Duration retryPause,
    TransferListener listener) {

  /** Takes every token out of a text that came from elsewhere. */
  String scrub(String text) {
    return token == null ? text : token.scrub(text);
  }
}
