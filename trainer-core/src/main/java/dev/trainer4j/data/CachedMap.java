// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes every sample once, on all cores, and keeps the results on disk: for tokenizing.
 *
 * <pre>{@code
 * Dataset<Map<String, Object>> tokens =
 *     CachedMap.<String>builder(cacheFolder)
 *         .dependsOn(textFile, modelFolder.resolve("tokenizer.json"))
 *         .version("truncated to 128")
 *         .progress((done, total) -> bar.stepTo(done))
 *         .map(lines, line -> tokenizer.encode(line, truncated(128)).toSample());
 * }</pre>
 *
 * <p>The cache is found again by the content of the files it depends on, the version and the number of
 * samples; a change of any of these makes a new one. Code cannot be compared: change the version with
 * it. A cache that is damaged is made again. Samples hold text, numbers, booleans, {@code int[]},
 * {@code long[]}, {@code float[]}, {@code double[]} and {@code int[][]}; they are read from the mapped
 * file when they are asked for.
 */
public final class CachedMap {

  private static final Logger LOG = LoggerFactory.getLogger(CachedMap.class);
  private static final int CHUNK = 1024;

  private CachedMap() {}

  /** Hears how far the work is; called after each thousand samples or so, by the calling thread. */
  @FunctionalInterface
  public interface Progress {
    /** Tells the number of samples done, of all. */
    void update(long done, long total);
  }

  /** Starts a cache in a folder, which is made if it is not there. */
  public static <S> Builder<S> builder(Path folder) {
    return new Builder<>(folder);
  }

  /** Collects what a cache depends on. */
  public static final class Builder<S> {

    private final Path folder;
    private final List<Path> files = new ArrayList<>();
    private String version = "";
    private Progress progress = (done, total) -> {};

    private Builder(Path folder) {
      this.folder = folder;
    }

    /** Adds files whose content decides, such as the data and the tokenizer. */
    public Builder<S> dependsOn(Path... more) {
      files.addAll(List.of(more));
      return this;
    }

    /** Sets a text that changes with the function and its options. */
    public Builder<S> version(String text) {
      version = text;
      return this;
    }

    /** Sets who hears how far the work is. */
    public Builder<S> progress(Progress listener) {
      progress = listener;
      return this;
    }

    /**
     * Returns the changed samples, from the cache if it is there.
     *
     * @param function called from several threads
     * @throws DataException if a file cannot be read or the cache not be written
     */
    public Dataset<Map<String, Object>> map(
        Dataset<S> source, Function<? super S, ? extends Map<String, ?>> function) {
      String key = CacheKey.of(files, version, source.size());
      Path file = folder.resolve("map-" + key + ".cache");
      Optional<CacheFile> cached = CacheFile.open(file);
      if (cached.isPresent()) {
        LOG.debug("{} samples come from the cache {}", source.size(), file);
        return cached.get();
      }
      try (CacheWriter writer = CacheWriter.create(file)) {
        for (long start = 0; start < source.size(); start += CHUNK) {
          long first = start;
          int count = (int) Math.min(CHUNK, source.size() - start);
          List<byte[]> rows =
              IntStream.range(0, count)
                  .parallel()
                  .mapToObj(i -> encode(source, function, first + i))
                  .toList();
          for (byte[] row : rows) {
            writer.add(row);
          }
          progress.update(start + count, source.size());
        }
        writer.commit();
      } catch (IOException e) {
        throw new DataException("the cache " + file + " cannot be written: " + e.getMessage(), e);
      }
      return CacheFile.open(file)
          .orElseThrow(
              () -> new DataException("the cache " + file + " is damaged as it is written"));
    }

    private static <S> byte[] encode(
        Dataset<S> source, Function<? super S, ? extends Map<String, ?>> function, long index) {
      try {
        return RowCodec.encode(function.apply(source.get(index)));
      } catch (RuntimeException e) {
        throw new DataException("Sample " + index + " cannot be mapped: " + e.getMessage(), e);
      }
    }
  }
}
