// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import dev.trainer4j.Trainer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A Hub, with settings of its own: by default those of the environment variables that Python's {@code huggingface_hub} reads.
 *
 * <p>Safe for use by several threads; nothing is to be closed.
 */
public final class HubClient {
  private static final Wildcards NEVER =
      new Wildcards(List.of(".git/", "*/.git/", ".cache/huggingface/", "*/.cache/huggingface/"));

  private final HubHttp http;

  private HubClient(HubSettings settings) {
    http = new HubHttp(settings);
  }

  /**
   * Makes a client of the environment: {@code HF_ENDPOINT}, {@code HF_HOME}, {@code HF_HUB_CACHE}, {@code HF_TOKEN} or the file of
   * {@code hf auth login}, {@code HF_HUB_OFFLINE}.
   *
   * @throws IllegalArgumentException if a variable has a value that cannot be used
   */
  public static HubClient fromEnvironment() {
    return builder().build();
  }

  /**
   * Starts from the environment.
   *
   * @throws IllegalArgumentException if a variable has a value that cannot be used
   */
  public static Builder builder() {
    return new Builder(HubEnvironment.ofProcess());
  }

  /**
   * Downloads what a request selects, as far as it is not there, and returns the folder. It belongs to the cache, whose files other
   * programs share: read it, and write elsewhere.
   *
   * <p>If the Hub cannot be reached, or {@code HF_HUB_OFFLINE} is set, the folder of an earlier download is returned, if that was
   * complete.
   *
   * @return the folder of the commit; files beside those selected may be in it
   * @throws HubException if the Hub refuses, or gives nothing that can be used; the message says what to do
   * @throws IOException if a file cannot be written
   */
  public Path download(SnapshotRequest request) throws IOException {
    return new HubDownload(api(request.repo())).snapshot(request);
  }

  /**
   * Downloads one file, if it is not there.
   *
   * @param revision a branch, a tag or a commit
   * @param file its name in the repository, such as {@code data/train.jsonl}
   * @return the file in the cache
   * @throws HubException also if there is no such file
   * @throws IOException if a file cannot be written
   */
  public Path downloadFile(HubRepo repo, String revision, String file) throws IOException {
    return findFile(repo, revision, file)
        .orElseThrow(
            () ->
                new HubException(
                    HubException.Reason.FILE_NOT_FOUND,
                    "the %s '%s' has no file '%s' in revision '%s'"
                        .formatted(repo.kind(), repo.id(), HubFileName.shown(file), revision)));
  }

  /**
   * Downloads one file, if the repository has it.
   *
   * @return empty if it does not; the cache remembers that
   * @throws IOException as {@link #downloadFile}
   */
  public Optional<Path> findFile(HubRepo repo, String revision, String file) throws IOException {
    return new HubDownload(api(repo)).file(revision, file);
  }

  /**
   * Lists the files of a revision.
   *
   * @throws IOException if the Hub refuses
   */
  public List<RepoFile> list(HubRepo repo, String revision) throws IOException {
    HubApi api = api(repo);
    return api.files(HubCache.isCommit(revision) ? revision : api.commitOf(revision));
  }

  /**
   * Makes a repository, unless it is there.
   *
   * @param isPrivate whether only its owner sees it; null for what the owner's settings say. Of one that is there nothing
   *     changes
   * @throws IOException if the Hub refuses
   */
  public void createRepository(HubRepo repo, @Nullable Boolean isPrivate) throws IOException {
    api(repo).create(isPrivate);
  }

  /**
   * Pushes the files of a folder in one commit. Large ones go to the Hub's storage first, which keeps what arrived if the push
   * breaks; what the repository has already is not sent. What a {@code .gitignore} in the folder names stays here, and so do {@code
   * .git} and {@code .cache/huggingface}. Links to folders are not followed.
   *
   * @return the commit; the newest one if nothing has changed
   * @throws HubException if the Hub refuses; the message says what to do
   * @throws IOException if a file cannot be read
   */
  public CommitInfo upload(Path folder, UploadRequest request) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new IllegalArgumentException(
          "folder: there is no folder " + folder + "; check the path");
    }
    Wildcards ignored = new Wildcards(request.ignore());
    List<UploadFile> files =
        FolderFiles.of(folder, name -> !NEVER.matchAny(name) && !ignored.matchAny(name));
    if (files.isEmpty()) {
      throw new IllegalArgumentException(
          "folder: " + folder + " has no file to push; check the path and the ignore patterns");
    }
    String prefix = request.pathInRepo().isEmpty() ? "" : request.pathInRepo() + "/";
    return new HubUpload(api(request.repo()))
        .push(
            new Push(
                request.revision(),
                request.message(),
                files.stream().map(file -> file.at(prefix + file.path())).toList(),
                List.of()));
  }

  /**
   * Saves the model of a trainer into its output folder and pushes that, as {@link Hub#pushToHub}.
   *
   * @param details what the model card says beside what the run knows
   * @throws IOException if the Hub refuses or a file cannot be written
   */
  public CommitInfo push(Trainer trainer, String message, ModelCardDetails details)
      throws IOException {
    return PushedModel.push(this, trainer, message, details);
  }

  /**
   * Downloads the checkpoint that a run pushed last, as {@link Hub#lastCheckpoint}.
   *
   * @throws IOException if there is none, or it is damaged
   */
  public Path lastCheckpoint(HubRepo repo, String revision, Path outputDir) throws IOException {
    return HubCheckpoints.fetch(this, repo, revision, RunFiles.LAST_CHECKPOINT, outputDir);
  }

  HubApi api(HubRepo repo) {
    return new HubApi(http, repo);
  }

  HubHttp http() {
    return http;
  }

  /** Settings of a {@link HubClient}. */
  public static final class Builder {
    private URI endpoint;
    private Path cacheDir;
    private @Nullable HubToken token;
    private boolean offline;
    private boolean symbolicLinks;
    private int parallel = 8;
    private Duration timeout;
    private Duration retryPause = Duration.ofSeconds(1);
    private TransferListener listener = (repository, file, done, total) -> {};

    Builder(HubEnvironment environment) {
      endpoint = environment.endpoint();
      cacheDir = environment.cacheDir();
      token = environment.token();
      offline = environment.offline();
      symbolicLinks = environment.symbolicLinks();
      timeout = environment.timeout();
    }

    /** Sets the address of the Hub, in place of {@code HF_ENDPOINT}; the token goes nowhere else. */
    public Builder endpoint(URI address) {
      endpoint = Origin.endpoint(address.toString(), "endpoint");
      return this;
    }

    /** Sets the folder of the cache, in place of {@code HF_HUB_CACHE}. */
    public Builder cacheDir(Path folder) {
      cacheDir = folder;
      return this;
    }

    /** Sets the token, in place of {@code HF_TOKEN}. */
    public Builder token(String secret) {
      token = new HubToken(secret, "token(...)");
      return this;
    }

    /** Sends no token, whatever the environment has. */
    public Builder anonymous() {
      token = null;
      return this;
    }

    /** Sets whether only the cache is read, in place of {@code HF_HUB_OFFLINE}. */
    public Builder offline(boolean only) {
      offline = only;
      return this;
    }

    /** Sets whether snapshots are made of symbolic links where there are some, in place of {@code HF_HUB_DISABLE_SYMLINKS}. */
    public Builder symbolicLinks(boolean links) {
      symbolicLinks = links;
      return this;
    }

    /** Sets how many files, or parts of them, are on their way at a time; 8 by default. */
    public Builder parallel(int transfers) {
      if (transfers < 1) {
        throw new IllegalArgumentException("parallel is " + transfers + ", must be at least 1");
      }
      parallel = transfers;
      return this;
    }

    /** Sets the longest silence of a server, in place of {@code HF_HUB_DOWNLOAD_TIMEOUT}; 10 seconds by default. */
    public Builder timeout(Duration silence) {
      timeout = positive("timeout", silence);
      return this;
    }

    /** Sets the pause before the first further try of a request, doubled with each up to 8 s; 1 second by default. */
    public Builder retryPause(Duration pause) {
      retryPause = positive("retryPause", pause);
      return this;
    }

    /** Sets who is told of transfers; they are logged in any case. */
    public Builder listener(TransferListener told) {
      listener = told;
      return this;
    }

    private static Duration positive(String name, Duration value) {
      if (value.isNegative() || value.isZero()) {
        throw new IllegalArgumentException(name + " is " + value + ", must be above 0");
      }
      return value;
    }

    /** Makes the client. */
    public HubClient build() {
      return new HubClient(
          new HubSettings(
              endpoint,
              cacheDir,
              token,
              offline,
              symbolicLinks,
              parallel,
              timeout,
              retryPause,
              listener));
    }
  }
}
