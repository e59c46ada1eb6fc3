// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.quantization;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.checkpoint.SafetensorsType;
import dev.trainer4j.checkpoint.TensorInfo;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.transformers.PretrainedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The quantized tensors of a folder that bitsandbytes wrote. Whatever the file says is held against everything else that
 * it says before a kernel sees it.
 */
public final class QuantizedFile {

  private static final Pattern STATE =
      Pattern.compile("(.+)\\.quant_state\\.bitsandbytes__([^.]*)");

  /** What stands beside a weight of 4 bits, by the end of its name. */
  private static final List<String> FOUR_BIT_PARTS =
      List.of("absmax", "quant_map", "nested_absmax", "nested_quant_map");

  private static final String SCB = ".SCB";
  private static final String FORMAT = ".weight_format";
  private static final String WEIGHT = ".weight";

  /** More than any description of a weight. */
  private static final long MAX_STATE = 1 << 16;

  private final ModelTensors tensors;

  /** Weights of 4 bits, by their name in the file, with what describes them. */
  private final Map<String, QuantState> fourBit = new LinkedHashMap<>();

  /** Weights of 8 bits, by their name in the file. */
  private final Set<String> eightBit = new LinkedHashSet<>();

  /** What belongs to a quantized weight, by its name in the file. */
  private final Set<String> belongings = new LinkedHashSet<>();

  private QuantizedFile(ModelTensors tensors) {
    this.tensors = tensors;
  }

  /**
   * Finds the quantized tensors and checks their descriptions and sizes.
   *
   * @throws PretrainedException if something of them is missing, or is what it cannot be
   * @throws IOException if the file cannot be read
   */
  public static QuantizedFile of(ModelTensors tensors) throws IOException {
    QuantizedFile file = new QuantizedFile(tensors);
    for (String name : tensors.names()) {
      Matcher matcher = STATE.matcher(name);
      if (matcher.matches()) {
        file.addFourBit(matcher.group(1), matcher.group(2), name);
      } else if (name.endsWith(SCB)) {
        file.addEightBit(name.substring(0, name.length() - SCB.length()));
      }
    }
    file.requireOwners();
    return file;
  }

  /** Returns whether a tensor is a quantized weight. */
  public boolean isQuantized(String name) {
    return fourBit.containsKey(name) || eightBit.contains(name);
  }

  /** Returns whether there is no quantized weight. */
  public boolean isEmpty() {
    return fourBit.isEmpty() && eightBit.isEmpty();
  }

  /** Returns the shapes of tensors that are weights, by name; of a quantized one [out, in]. */
  public Map<String, Shape> shapes() throws IOException {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    for (String name : tensors.names()) {
      if (!belongings.contains(name)) {
        QuantState state = fourBit.get(name);
        shapes.put(name, state == null ? tensors.info(name).shape() : state.shape());
      }
    }
    return shapes;
  }

  private void addFourBit(String weight, String type, String name) throws IOException {
    CodeBook book =
        CodeBook.named(type)
            .orElseThrow(
                () ->
                    wrong(
                        name,
                        "is of the type '" + type + "', which is not known: nf4 and fp4 are"));
    TensorInfo info = tensors.info(name);
    if (info.type() != SafetensorsType.U8 || info.byteLength() > MAX_STATE) {
      throw wrong(
          name,
          "is "
              + info.type()
              + " "
              + info.shape()
              + ", expected at most "
              + MAX_STATE
              + " bytes of U8");
    }
    byte[] bytes = new byte[(int) info.byteLength()];
    tensors.bytes(name).get(bytes);
    QuantState state;
    try {
      state = QuantState.parse(tensors.source() + ", tensor " + name, bytes, book);
    } catch (QuantState.Lie e) {
      throw wrong(name, e.problem());
    }
    belongings.add(name);
    requireNumbers(weight, state);
    boolean nested = state.offset() != null;
    require(weight + ".absmax", nested ? SafetensorsType.U8 : SafetensorsType.F32, state.blocks());
    require(weight + ".quant_map", SafetensorsType.F32, 16);
    if (nested) {
      long groups =
          (state.blocks() + QuantState.NESTED_BLOCKSIZE - 1) / QuantState.NESTED_BLOCKSIZE;
      require(weight + ".nested_absmax", SafetensorsType.F32, groups);
      require(weight + ".nested_quant_map", SafetensorsType.F32, 256);
    }
    if (fourBit.put(weight, state) != null) {
      throw wrong(weight, "has two descriptions, of nf4 and of fp4: remove the wrong one");
    }
  }

  /** The bytes may be called those of another type, by {@code bnb_4bit_quant_storage}. */
  private void requireNumbers(String weight, QuantState state) throws IOException {
    TensorInfo info = known(weight);
    long bytes = (state.shape().size() + 1) / 2;
    if (info.type() == SafetensorsType.BOOL || info.byteLength() != bytes) {
      throw wrong(
          weight,
          "is "
              + info.type()
              + " "
              + info.shape()
              + ", which is "
              + info.byteLength()
              + " bytes, but its quant_state says that it stands for "
              + state.shape()
              + " numbers of 4 bits, which are "
              + bytes);
    }
  }

  private void addEightBit(String module) throws IOException {
    String weight = module + WEIGHT;
    TensorInfo info = known(weight);
    if (info.type() != SafetensorsType.I8 || info.shape().dimension() != 2) {
      throw wrong(
          weight,
          "is "
              + info.type()
              + " "
              + info.shape()
              + ", but has scales of 8 bits (SCB): expected I8"
              + " [out, in]");
    }
    require(module + SCB, SafetensorsType.F32, info.shape().get(0));
    String format = module + FORMAT;
    if (tensors.names().contains(format)) {
      TensorInfo number = tensors.info(format);
      if (number.byteLength() != 1 || tensors.bytes(format).get(0) != 0) {
        throw wrong(
            format,
            "is not 0: the numbers lie in tiles for an old kernel, not in rows. Load the model with a"
                + " current bitsandbytes and save it anew");
      }
      belongings.add(format);
    }
    eightBit.add(weight);
  }

  private TensorInfo known(String name) throws IOException {
    if (!tensors.names().contains(name)) {
      throw wrong(name, "is missing, but something that belongs to it is there");
    }
    return tensors.info(name);
  }

  private void require(String name, SafetensorsType type, long length) throws IOException {
    TensorInfo info = known(name);
    if (info.type() != type || !info.shape().equals(new Shape(length))) {
      throw wrong(
          name,
          "is " + info.type() + " " + info.shape() + ", expected " + type + " (" + length + ")");
    }
    belongings.add(name);
  }

  /** What looks quantized must have been described. */
  private void requireOwners() throws IOException {
    for (String name : tensors.names()) {
      if (belongings.contains(name) || isQuantized(name)) {
        continue;
      }
      SafetensorsType type = tensors.info(name).type();
      boolean numbers =
          name.endsWith(WEIGHT) && (type == SafetensorsType.U8 || type == SafetensorsType.I8);
      boolean part = FOUR_BIT_PARTS.stream().anyMatch(end -> name.endsWith(WEIGHT + "." + end));
      if (numbers || part || name.endsWith(FORMAT)) {
        throw wrong(
            name,
            "is of a quantized weight, but its quant_state (4 bits) or SCB (8 bits) is missing");
      }
    }
  }

  /**
   * Reads a weight.
   *
   * @param name in the file
   * @param owner of its arrays
   * @throws PretrainedException if a scale is not finite or negative, or the code is another one
   */
  QuantizedTensor read(String name, NDManager owner) throws IOException {
    QuantState state = fourBit.get(name);
    try (Autograd.Recording off = Autograd.record(false);
        ArrayScope scope = ArrayScope.open()) {
      return state == null ? readEightBit(name, owner) : readFourBit(name, state, owner);
    }
  }

  /** Makes the tensors of a weight that is read later, without memory. */
  QuantizedTensor unread(String name, NDManager owner) throws IOException {
    QuantState state = fourBit.get(name);
    TensorInfo info = tensors.info(name);
    if (state == null) {
      return QuantizedTensor.unread(
          info.shape(),
          info.shape().get(0),
          DataType.FLOAT32,
          false,
          info.shape(),
          info.type(),
          owner);
    }
    return QuantizedTensor.unread(
        info.type() == SafetensorsType.U8 ? info.shape() : new Shape(info.byteLength(), 1),
        state.blocks(),
        state.offset() == null ? DataType.FLOAT32 : DataType.UINT8,
        true,
        state.shape(),
        info.type(),
        owner);
  }

  private QuantizedTensor readEightBit(String name, NDManager owner) throws IOException {
    String module = name.substring(0, name.length() - WEIGHT.length());
    NDArray scb = tensors.read(module + SCB, owner);
    requireScales(module + SCB, scb.toFloatArray());
    return QuantizedTensor.eightBit(tensors.read(name, owner), scb, owner);
  }

  private QuantizedTensor readFourBit(String name, QuantState state, NDManager owner)
      throws IOException {
    NDArray code = tensors.read(name + ".quant_map", owner);
    if (!state.book().is(code.toFloatArray())) {
      throw wrong(
          name + ".quant_map",
          "is not the code of " + state.book().quantType() + ", which is fixed");
    }
    NDArray absmax = tensors.read(name + ".absmax", owner);
    NDArray factors = null;
    NDArray scaleCode = null;
    if (state.offset() == null) {
      requireScales(name + ".absmax", absmax.toFloatArray());
    } else {
      factors = tensors.read(name + ".nested_absmax", owner);
      scaleCode = tensors.read(name + ".nested_quant_map", owner);
      requireScales(name + ".nested_absmax", factors.toFloatArray());
      requireParts(name + ".nested_quant_map", scaleCode.toFloatArray());
    }
    SafetensorsType storage = tensors.info(name).type();
    NDArray numbers = tensors.read(name, owner);
    if (storage != SafetensorsType.U8) {
      NDArray bytes = QuantizationKernels.get().call("bytes_of", numbers).get(0);
      numbers.close();
      numbers = bytes.reshape(new Shape(bytes.size(), 1));
    }
    return QuantizedTensor.fourBit(
        numbers, absmax, code, factors, scaleCode, state, storage, owner);
  }

  private void requireScales(String name, float[] scales) {
    for (int i = 0; i < scales.length; i++) {
      if (!Float.isFinite(scales[i]) || scales[i] < 0) {
        throw wrong(name, "is " + scales[i] + " at " + i + ", expected finite numbers from 0");
      }
    }
  }

  private void requireParts(String name, float[] parts) {
    for (int i = 0; i < parts.length; i++) {
      if (!(Math.abs(parts[i]) <= 1)) {
        throw wrong(name, "is " + parts[i] + " at " + i + ", expected numbers from -1 to 1");
      }
    }
  }

  private PretrainedException wrong(String tensor, String problem) {
    return new PretrainedException(
        tensors.source()
            + ": tensor "
            + tensor
            + " "
            + problem
            + (problem.contains(": ")
                ? ""
                : ". Fetch the folder again, or quantize the model anew"));
  }

  /** Returns the names of quantized weights. */
  public List<String> weights() {
    List<String> names = new ArrayList<>(fourBit.keySet());
    names.addAll(eightBit);
    return names;
  }
}
