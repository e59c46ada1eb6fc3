// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a model's linear layers are quantized while it is loaded: transformers' {@code BitsAndBytesConfig}, with its names.
 * Immutable.
 *
 * <pre>{@code
 * LoadOptions.defaults().withQuantization(
 *     QuantizationConfig.builder().loadIn4bit(true).bnb4bitUseDoubleQuant(true).build())
 * }</pre>
 *
 * <p>Quantized are the linear layers, but neither the output head, nor what is tied to the embeddings, nor a head that
 * may begin anew, nor what {@code llmInt8SkipModules} names. There is no {@code llm_int8_threshold}: it says which
 * inputs of a layer are not rounded to 8 bits, and here none is rounded.
 *
 * @param loadIn8bit int8 with a scale for each output: about a quarter of float32
 * @param loadIn4bit 4 bits with a scale for each block of 64: about an eighth of float32
 * @param bnb4bitQuantType {@code nf4}, whose 16 numbers are those of a normal distribution (Dettmers et al.: QLoRA, 2023), or
 *     {@code fp4}
 * @param bnb4bitUseDoubleQuant whether scales are quantized to 8 bits, too, which takes 0.127 bits a weight instead of 0.5
 * @param bnb4bitComputeDtype the type in which products with quantized weights of 4 or 8 bits are taken; null for
 *     bfloat16 where the processor multiplies in it, and float32 elsewhere
 * @param llmInt8SkipModules modules that are not quantized: names, ends or regular expressions for beginnings of names
 */
public record QuantizationConfig(
    boolean loadIn8bit,
    boolean loadIn4bit,
    String bnb4bitQuantType,
    boolean bnb4bitUseDoubleQuant,
    @Nullable Dtype bnb4bitComputeDtype,
    List<String> llmInt8SkipModules) {

  /** What {@code bnb_4bit_quant_type} may be. */
  private static final List<String> QUANT_TYPES = List.of("nf4", "fp4");

  /**
   * Checks and copies.
   *
   * @throws IllegalArgumentException with all mistakes: neither or both of 4 and 8 bits, an unknown type, or an
   *     argument of 4 bits for 8
   */
  public QuantizationConfig {
    llmInt8SkipModules = List.copyOf(llmInt8SkipModules);
    List<String> mistakes = new ArrayList<>();
    if (loadIn8bit == loadIn4bit) {
      mistakes.add(
          "loadIn4bit and loadIn8bit are both " + loadIn4bit + ", expected one of them to be true");
    }
    if (!QUANT_TYPES.contains(bnb4bitQuantType)) {
      mistakes.add(
          "bnb4bitQuantType is '" + bnb4bitQuantType + "', expected one of " + QUANT_TYPES);
    }
    if (loadIn8bit && !loadIn4bit && bnb4bitUseDoubleQuant) {
      mistakes.add(
          "bnb4bitUseDoubleQuant is true, which does nothing with loadIn8bit: leave it out, or take"
              + " loadIn4bit");
    }
    if (llmInt8SkipModules.stream().anyMatch(String::isBlank)) {
      mistakes.add("llmInt8SkipModules has an empty name, which every module begins with");
    }
    if (!mistakes.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", mistakes));
    }
  }

  /** Returns a builder for which neither 4 nor 8 bits are chosen. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns this configuration with another type for products. */
  public QuantizationConfig withComputeDtype(@Nullable Dtype value) {
    return new QuantizationConfig(
        loadIn8bit, loadIn4bit, bnb4bitQuantType, bnb4bitUseDoubleQuant, value, llmInt8SkipModules);
  }

  /** Says what the weights are, such as {@code 4 bit (nf4, double quantization)}. */
  public String describe() {
    return loadIn8bit
        ? "8 bit (int8)"
        : "4 bit (" + bnb4bitQuantType + (bnb4bitUseDoubleQuant ? ", double quantization)" : ")");
  }

  /** Builds a configuration. */
  public static final class Builder {

    private boolean loadIn8bit;
    private boolean loadIn4bit;
    private String bnb4bitQuantType = "nf4";
    private boolean bnb4bitUseDoubleQuant;
    private @Nullable Dtype bnb4bitComputeDtype;
    private List<String> llmInt8SkipModules = List.of();

    private Builder() {}

    /** Sets whether weights become int8. */
    public Builder loadIn8bit(boolean value) {
      loadIn8bit = value;
      return this;
    }

    /** Sets whether weights become numbers of 4 bits. */
    public Builder loadIn4bit(boolean value) {
      loadIn4bit = value;
      return this;
    }

    /** Sets the code of 4 bits: {@code nf4}, the default here, or {@code fp4}, the default of bitsandbytes. */
    public Builder bnb4bitQuantType(String value) {
      bnb4bitQuantType = value;
      return this;
    }

    /** Sets whether the scales of 4 bits are quantized, too; not by default. */
    public Builder bnb4bitUseDoubleQuant(boolean value) {
      bnb4bitUseDoubleQuant = value;
      return this;
    }

    /** Sets the type in which products with quantized weights are taken. */
    public Builder bnb4bitComputeDtype(Dtype value) {
      bnb4bitComputeDtype = value;
      return this;
    }

    /** Sets which modules are not quantized, beside the head. */
    public Builder llmInt8SkipModules(String... value) {
      llmInt8SkipModules = List.of(value);
      return this;
    }

    /**
     * Builds it.
     *
     * @throws IllegalArgumentException if something is wrong; the message has all of it
     */
    public QuantizationConfig build() {
      return new QuantizationConfig(
          loadIn8bit,
          loadIn4bit,
          bnb4bitQuantType,
          bnb4bitUseDoubleQuant,
          bnb4bitComputeDtype,
          llmInt8SkipModules);
    }
  }
}
