// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.decoder;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.transformers.PretrainedException;
import dev.trainer4j.transformers.architecture.ConfigReader;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The angles of rotary position embeddings: frequency i turns the pair (i, i + headDim / 2) by position times it.
 *
 * <p>Formulas are those of transformers' {@code modeling_rope_utils}: linear (all frequencies divided), dynamic (NTK: the
 * base grows with the sequence), yarn (low frequencies divided, high ones kept, a ramp between; Peng et al., 2023) and
 * llama3 (the same with the ramp of Llama 3.1). Numbers are float32 where transformers' are.
 */
final class RotaryEmbedding {

  private static final Set<String> TYPES = Set.of("default", "linear", "dynamic", "yarn", "llama3");

  private final String type;
  private final int dimensions;
  private final double theta;
  private final double factor;
  private final int positions;
  private final double scaling;
  private final float[] frequencies;

  private RotaryEmbedding(Parameters parameters, String type, int dimensions, int positions) {
    this.type = type;
    this.dimensions = dimensions;
    this.positions = positions;
    theta = parameters.positive("rope_theta", 10000.0);
    factor = type.equals("default") ? 1 : parameters.positive("factor", Double.NaN);
    frequencies = powers(theta);
    scaling = type.equals("yarn") ? yarn(parameters) : 1;
    if (type.equals("linear")) {
      for (int i = 0; i < frequencies.length; i++) {
        frequencies[i] /= (float) factor;
      }
    } else if (type.equals("llama3")) {
      llama3(parameters);
    }
    for (float frequency : frequencies) {
      if (!(Float.isFinite(frequency) && Double.isFinite(scaling))) {
        throw parameters.wrong("numbers that give finite frequencies");
      }
    }
  }

  /**
   * Reads {@code rope_parameters}, or {@code rope_theta} and {@code rope_scaling} as older files have them.
   *
   * @param headDim the width of a head, even
   * @param positions {@code max_position_embeddings}
   */
  static RotaryEmbedding of(ConfigReader config, int headDim, int positions) {
    if (headDim % 2 != 0) {
      throw config.wrong("head_dim", "an even number: rotary embeddings turn pairs");
    }
    String key = config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
    JsonNode tree = config.node(key);
    config.harmless("rope_scaling", "rope_theta");
    if (!tree.isObject() && config.has(key)) {
      throw config.wrong(key, "an object");
    }
    Parameters parameters = new Parameters(config, key, tree);
    String type = parameters.text("rope_type", parameters.text("type", "default"));
    if (!TYPES.contains(type)) {
      throw config.wrong(key, "a rope_type of " + TYPES.stream().sorted().toList());
    }
    if (parameters.number("partial_rotary_factor", 1) != 1) {
      throw config.wrong(key, "no partial_rotary_factor, which is not supported");
    }
    return new RotaryEmbedding(parameters, type, headDim, positions);
  }

  /** Returns what cosines and sines are multiplied by. */
  double scaling() {
    return scaling;
  }

  /** Returns whether the frequencies depend on the length of the sequence. */
  boolean dependsOn(int length) {
    return type.equals("dynamic") && length > positions;
  }

  /** Returns the inverse frequencies, headDim / 2 of them, for sequences of up to {@code length} positions. */
  float[] frequencies(int length) {
    if (!dependsOn(length)) {
      return frequencies.clone();
    }
    double grown = factor * length / positions - (factor - 1);
    return powers(theta * Math.pow(grown, dimensions / (dimensions - 2.0)));
  }

  private float[] powers(double base) {
    float[] powers = new float[dimensions / 2];
    for (int i = 0; i < powers.length; i++) {
      powers[i] = 1f / (float) Math.pow(base, (float) (2 * i) / dimensions);
    }
    return powers;
  }

  private void llama3(Parameters parameters) {
    double low = parameters.positive("low_freq_factor", Double.NaN);
    double high = parameters.positive("high_freq_factor", Double.NaN);
    double original = parameters.positive("original_max_position_embeddings", positions);
    for (int i = 0; i < frequencies.length; i++) {
      float frequency = frequencies[i];
      double wavelength = 2 * Math.PI / frequency;
      if (wavelength > original / low) {
        frequencies[i] = (float) (frequency / factor);
      } else if (wavelength >= original / high) {
        double smooth = (original / wavelength - low) / (high - low);
        frequencies[i] = (float) ((1 - smooth) * frequency / factor + smooth * frequency);
      }
    }
  }

  /** Changes the frequencies; returns the scaling. */
  private double yarn(Parameters parameters) {
    double original = parameters.positive("original_max_position_embeddings", positions);
    double stretch = Double.isNaN(factor) ? positions / original : factor;
    double low = correction(parameters.positive("beta_fast", 32), original);
    double high = correction(parameters.positive("beta_slow", 1), original);
    if (parameters.flag("truncate", true)) {
      low = Math.floor(low);
      high = Math.ceil(high);
    }
    low = Math.max(low, 0);
    high = Math.min(high, dimensions - 1.0);
    if (low == high) {
      high += 0.001;
    }
    for (int i = 0; i < frequencies.length; i++) {
      double ramp = Math.min(1, Math.max(0, (i - low) / (high - low)));
      frequencies[i] = (float) (frequencies[i] / stretch * ramp + frequencies[i] * (1 - ramp));
    }
    double mscale = parameters.number("mscale", 0);
    double mscaleAll = parameters.number("mscale_all_dim", 0);
    double inferred =
        mscale != 0 && mscaleAll != 0
            ? mscale(stretch, mscale) / mscale(stretch, mscaleAll)
            : mscale(stretch, 1);
    return parameters.number("attention_factor", inferred);
  }

  private static double mscale(double stretch, double mscale) {
    return stretch <= 1 ? 1 : 0.1 * mscale * Math.log(stretch) + 1;
  }

  /** The dimension that makes this many turns over the original length. */
  private double correction(double rotations, double original) {
    return dimensions * Math.log(original / (rotations * 2 * Math.PI)) / (2 * Math.log(theta));
  }

  /** The keys of the object, and what old files have beside it. */
  private record Parameters(ConfigReader config, String key, JsonNode tree) {

    /** A fallback that is not a number means that the key must be there. */
    double number(String name, double fallback) {
      JsonNode value = tree.path(name);
      if (value.isMissingNode() || value.isNull()) {
        // rope_theta and original_max_position_embeddings may stand outside.
        if (config.has(name)) {
          return config.number(name, fallback);
        }
        boolean optional = !Double.isNaN(fallback) || typeIs("yarn");
        if (!optional) {
          throw config.wrong(key, "a number called " + name);
        }
        return fallback;
      }
      if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
        throw config.wrong(key, "a number as " + name);
      }
      return value.doubleValue();
    }

    /** NaN, for a key that may be missing, stays so. */
    double positive(String name, double fallback) {
      double value = number(name, fallback);
      if (value <= 0) {
        boolean inside = tree.hasNonNull(name);
        throw config.wrong(
            inside ? key : name, (inside ? name + " to be " : "") + "a number above 0");
      }
      return value;
    }

    PretrainedException wrong(String expected) {
      return config.wrong(config.has(key) ? key : "rope_theta", expected);
    }

    private boolean typeIs(String type) {
      return type.equals(text("rope_type", text("type", "default")));
    }

    @Nullable String textOrNull(String name) {
      return tree.path(name).textValue();
    }

    String text(String name, String fallback) {
      String value = textOrNull(name);
      return value == null ? fallback : value;
    }

    boolean flag(String name, boolean fallback) {
      return tree.path(name).asBoolean(fallback);
    }
  }
}
