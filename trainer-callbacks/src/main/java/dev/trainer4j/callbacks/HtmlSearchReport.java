// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.trainer4j.checkpoint.ReplacedFile;
import dev.trainer4j.search.SearchListener;
import dev.trainer4j.search.SearchResult;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a report of a search for hyperparameters: {@code search.html} in its folder, one file that needs neither a network nor
 * scripts, replaced as a whole when a trial has ended.
 *
 * <p>It shows the objective over the trials and over each hyperparameter, and all trials as a table. A file that cannot be
 * written is a warning, and the next trial tries again.
 *
 * <pre>{@code
 * HyperparameterSearch.builder(args, space).listener(new HtmlSearchReport())
 * }</pre>
 */
public final class HtmlSearchReport implements SearchListener {

  /** The name of the file. */
  public static final String FILE_NAME = "search.html";

  private static final Logger LOGGER = LoggerFactory.getLogger(HtmlSearchReport.class);

  /** Makes a report. */
  public HtmlSearchReport() {}

  @Override
  public void onTrialEnd(SearchResult result) {
    try {
      ReplacedFile.write(result.folder().resolve(FILE_NAME), SearchPage.of(result).getBytes(UTF_8));
    } catch (IOException e) {
      LOGGER.warn("{} cannot be written: {}", result.folder().resolve(FILE_NAME), e.getMessage());
    }
  }
}
