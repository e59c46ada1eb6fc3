// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes storages and tensors of what a pickle says about them. */
final class TorchValues {
  private static final Pattern KEY = Pattern.compile("[0-9]{1,9}");

  private TorchValues() {}

  /** From {@code ("storage", torch.FloatStorage, key, location, elements)}. */
  static TorchStorage storage(@Nullable Object id) throws TorchFileException {
    if (id instanceof List<?> parts
        && parts.size() == 5
        && "storage".equals(parts.get(0))
        && parts.get(1) instanceof PickleGlobal global
        && global.type().isPresent()
        && parts.get(2) instanceof String key
        && KEY.matcher(key).matches()
        && parts.get(3) instanceof String
        && parts.get(4) instanceof Long elements
        && elements >= 0
        && elements <= Long.MAX_VALUE / Long.BYTES) {
      return new TorchStorage(global.type().get(), key, elements);
    }
    throw new TorchFileException("its pickle refers to something that is no storage");
  }

  /** From {@code (storage, offset, shape, strides, requires_grad, hooks)}, and maybe metadata. */
  static TorchTensor tensor(List<?> parts) throws TorchFileException {
    if (parts.size() >= 6
        && parts.size() <= 7
        && parts.get(0) instanceof TorchStorage storage
        && parts.get(1) instanceof Long offset
        && parts.get(2) instanceof List<?> shape
        && parts.get(3) instanceof List<?> strides) {
      return TorchTensor.checked(storage, offset, numbers(shape), numbers(strides));
    }
    throw new TorchFileException("its pickle describes something that is no tensor");
  }

  /** From {@code (tensor, requires_grad, hooks)}, and maybe attributes: a parameter is its tensor. */
  static TorchTensor parameter(List<?> parts) throws TorchFileException {
    if (parts.size() >= 3 && parts.size() <= 4 && parts.get(0) instanceof TorchTensor tensor) {
      return tensor;
    }
    throw new TorchFileException("its pickle describes something that is no parameter");
  }

  private static List<Long> numbers(List<?> values) throws TorchFileException {
    List<Long> numbers = new ArrayList<>();
    for (Object value : values) {
      if (!(value instanceof Long number)) {
        throw new TorchFileException("its pickle describes a tensor by what is no number");
      }
      numbers.add(number);
    }
    return numbers;
  }
}
