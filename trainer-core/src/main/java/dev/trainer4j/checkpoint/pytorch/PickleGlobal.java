// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import dev.trainer4j.checkpoint.Quoted;
import dev.trainer4j.checkpoint.SafetensorsType;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The few names that a pickle may refer to. None of them is ever called: each stands for a rule. */
enum PickleGlobal {
  ORDERED_DICT("collections", "OrderedDict", null),
  REBUILD_TENSOR("torch._utils", "_rebuild_tensor_v2", null),
  REBUILD_PARAMETER("torch._utils", "_rebuild_parameter", null),
  REBUILD_PARAMETER_WITH_STATE("torch._utils", "_rebuild_parameter_with_state", null),
  DOUBLE("torch", "DoubleStorage", SafetensorsType.F64),
  FLOAT("torch", "FloatStorage", SafetensorsType.F32),
  HALF("torch", "HalfStorage", SafetensorsType.F16),
  BFLOAT16("torch", "BFloat16Storage", SafetensorsType.BF16),
  LONG("torch", "LongStorage", SafetensorsType.I64),
  INT("torch", "IntStorage", SafetensorsType.I32),
  SHORT("torch", "ShortStorage", SafetensorsType.I16),
  CHAR("torch", "CharStorage", SafetensorsType.I8),
  BYTE("torch", "ByteStorage", SafetensorsType.U8),
  BOOL("torch", "BoolStorage", SafetensorsType.BOOL);

  private static final Map<String, PickleGlobal> BY_NAME = new HashMap<>();

  static {
    for (PickleGlobal global : values()) {
      BY_NAME.put(global.qualifiedName, global);
    }
  }

  private final String qualifiedName;
  private final @Nullable SafetensorsType type;

  PickleGlobal(String module, String name, @Nullable SafetensorsType type) {
    this.qualifiedName = module + "." + name;
    this.type = type;
  }

  /** The element type of a storage; empty for what is none. */
  Optional<SafetensorsType> type() {
    return Optional.ofNullable(type);
  }

  static PickleGlobal named(String module, String name) throws TorchFileException {
    PickleGlobal global = BY_NAME.get(module + "." + name);
    if (global == null) {
      throw new TorchFileException(
          "its pickle asks for " + Quoted.of(module + "." + name) + ", which is refused");
    }
    return global;
  }
}
