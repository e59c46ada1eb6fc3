// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A repository of the Hub.
 *
 * @param type what it holds
 * @param id {@code owner/name}, or the {@code name} alone of the oldest ones such as {@code gpt2}
 */
public record HubRepo(Type type, String id) {

  /** What a repository holds. */
  public enum Type {
    /** A model. */
    MODEL,
    /** A data set. */
    DATASET
  }

  private static final Pattern ID =
      Pattern.compile("(?:[\\w-][\\w.-]*/)?[A-Za-z0-9_](?:[\\w.-]{0,94}[A-Za-z0-9_])?");

  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException if it is none of the Hub's
   */
  public HubRepo {
    if (!ID.matcher(id).matches()
        || id.contains("--")
        || id.contains("..")
        || id.endsWith(".git")) {
      throw new IllegalArgumentException(
          "'"
              + HubFileName.shown(id)
              + "' is no name of a repository; expected owner/name or name, of letters, digits, '-', '_' and '.',"
              + " such as google-bert/bert-base-cased");
    }
  }

  /** Names a model. */
  public static HubRepo model(String id) {
    return new HubRepo(Type.MODEL, id);
  }

  /** Names a data set. */
  public static HubRepo dataset(String id) {
    return new HubRepo(Type.DATASET, id);
  }

  /** As it stands behind {@code /api/}. */
  String apiPath() {
    return plural() + "/" + id;
  }

  /** As it stands in addresses of files and pages. */
  String webPath() {
    return type == Type.MODEL ? id : plural() + "/" + id;
  }

  /** The name of its folder in the cache. */
  String cacheFolder() {
    return plural() + "--" + id.replace("/", "--");
  }

  String kind() {
    return type == Type.MODEL ? "model" : "data set";
  }

  private String plural() {
    return type.name().toLowerCase(Locale.ROOT) + "s";
  }

  @Override
  public String toString() {
    return webPath();
  }
}
