// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import dev.trainer4j.checkpoint.ModelTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How large a model of a folder is, by the headers of its files.
 *
 * @param parameters the numbers in all its tensors
 * @param bytes of the files' tensors
 * @param largestLayer the name of the layer with the most numbers, which may be an embedding
 * @param largestLayerParameters the numbers in it
 */
record ModelSizes(long parameters, long bytes, String largestLayer, long largestLayerParameters) {

  /** Layers are numbered; what has no number is a layer by itself. */
  private static final Pattern LAYER = Pattern.compile("(.*?\\.\\d+)\\..*");

  static ModelSizes of(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new LaunchException(
          folder + " is no folder; name one with model.safetensors, or its shards and their index");
    }
    Map<String, Long> layers = new HashMap<>();
    long parameters = 0;
    long bytes = 0;
    try (ModelTensors tensors = ModelTensors.openPretrained(folder)) {
      for (String name : tensors.names()) {
        var info = tensors.info(name);
        parameters += info.shape().size();
        bytes += info.byteLength();
        layers.merge(layer(name), info.shape().size(), Long::sum);
      }
    }
    if (layers.isEmpty()) {
      throw new LaunchException(folder + " has a model without tensors");
    }
    Map.Entry<String, Long> largest =
        layers.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow();
    return new ModelSizes(parameters, bytes, largest.getKey(), largest.getValue());
  }

  private static String layer(String name) {
    Matcher matcher = LAYER.matcher(name);
    if (matcher.matches()) {
      return matcher.group(1);
    }
    int end = name.lastIndexOf('.');
    return end < 0 ? name : name.substring(0, end);
  }
}
