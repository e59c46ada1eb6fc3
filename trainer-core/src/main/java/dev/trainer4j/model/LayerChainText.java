// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.torch.KernelFunction;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes the kernels of a {@link LayerChain}, layer by layer: the one forward, the other one backward. */
final class LayerChainText {

  static final String CLASS_NAME = "LayerChain";

  private static final String HEAD =
      """
      class LayerChain(Module):
        __parameters__ = []
        __buffers__ = []
        training : bool

        def put(self: __torch__.LayerChain, w: Tensor, g: Tensor, grads: List[Tensor], seen: List[int],
                place: int) -> int:
          if ops.prim.requires_grad(w):
            sum = g
            if torch.numel(grads[place]) > 0:
              sum = torch.add(grads[place], g)
            if torch.__not__(torch.is_contiguous(w)):
              sum = torch.copy_(torch.empty_like(w), sum)
            torch._set_item(grads, place, sum)
            torch._set_item(seen, place, 1)
          return place

      """;

  private static final String FORWARD =
      """
        def forward_pass(self: __torch__.LayerChain, h0: Tensor, ws: List[Tensor]) -> Tuple[Tensor, List[Tensor]]:
          if ops.prim.requires_grad(h0):
            ops.prim.RaiseException("%s")
      """
          .formatted(KernelFunction.INPUT_HAS_GRADIENT);

  private static final String BACKWARD =
      """
        def backward_pass(self: __torch__.LayerChain, saved: List[Tensor], ws: List[Tensor], grads: List[Tensor],
                          seen: List[int], places: List[int]) -> int:
          g = torch.pop(grads)
      """;

  private static final String TAIL =
      """
          missing = 0
          for i in range(torch.len(places)):
            if torch.numel(grads[places[i]]) == 0:
              missing = missing + 1
          return missing
      """;

  private final List<NDArray> parameters = new ArrayList<>();
  private final List<String> forward = new ArrayList<>();

  /** What undoes a layer, the first layer's first. */
  private final List<List<String>> backward = new ArrayList<>();

  private final Set<String> saved = new LinkedHashSet<>();
  private int last;
  private boolean lastIsLinear;

  /** torch.linear of a batch of vectors, as addmm and AddmmBackward0 compute it. */
  void linear(NDArray weight, @Nullable NDArray bias) {
    int w = index(weight);
    String x = last();
    String b = bias == null ? "None" : "ws[" + index(bias) + "]";
    add("torch.linear(" + x + ", ws[" + w + "], " + b + ")");
    List<String> lines = new ArrayList<>();
    lines.add(put(w, "torch.mm(torch.t(g), " + save(x) + ")"));
    if (bias != null) {
      lines.add(put(index(bias), "torch.sum(g, [0])"));
    }
    if (!backward.isEmpty()) {
      lines.add("g = torch.mm(g, ws[" + w + "])");
    }
    backward.add(lines);
    lastIsLinear = true;
  }

  void relu() {
    // A linear layer's output is nobody else's.
    String y = add((lastIsLinear ? "torch.relu_(" : "torch.relu(") + last() + ")");
    undo("g = torch.threshold_backward(g, " + save(y) + ", 0)");
  }

  void tanh() {
    undo("g = torch.tanh_backward(g, " + save(add("torch.tanh(" + last() + ")")) + ")");
  }

  void sigmoid() {
    undo("g = torch.sigmoid_backward(g, " + save(add("torch.sigmoid(" + last() + ")")) + ")");
  }

  void gelu() {
    String x = last();
    add("torch.gelu(" + x + ", approximate=\"none\")");
    undo("g = torch.gelu_backward(g, " + save(x) + ", approximate=\"none\")");
  }

  /** As torch.dropout draws it on a CPU. */
  void dropout(double rate) {
    String kept = new BigDecimal(1 - rate).toPlainString();
    String x = last();
    String mask = "m" + last;
    forward.add(
        "%s = torch.div_(torch.bernoulli_(torch.empty_like(%s), %s), %s)"
            .formatted(mask, x, kept, kept));
    add("torch.mul(" + x + ", " + mask + ")");
    undo("g = torch.mul(g, " + save(mask) + ")");
  }

  private void undo(String line) {
    backward.add(List.of(line));
    lastIsLinear = false;
  }

  private String last() {
    return "h" + last;
  }

  private String add(String expression) {
    last++;
    forward.add(last() + " = " + expression);
    return last();
  }

  private String save(String name) {
    saved.add(name);
    return name;
  }

  private int index(NDArray parameter) {
    for (int i = 0; i < parameters.size(); i++) {
      if (parameters.get(i) == parameter) {
        return i;
      }
    }
    parameters.add(parameter);
    return parameters.size() - 1;
  }

  private static String put(int parameter, String gradient) {
    return "(self).put(ws[%d], %s, grads, seen, places[%d])"
        .formatted(parameter, gradient, parameter);
  }

  /** Returns the parameters in the order of the kernels' {@code ws}. */
  List<NDArray> parameters() {
    return parameters;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(HEAD).append(FORWARD);
    forward.forEach(line -> text.append("    ").append(line).append('\n'));
    text.append("    return (%s, [%s])\n\n".formatted(last(), String.join(", ", saved)));
    text.append(BACKWARD);
    int index = 0;
    for (String name : saved) {
      text.append("    %s = saved[%d]\n".formatted(name, index++));
    }
    for (int i = backward.size() - 1; i >= 0; i--) {
      backward.get(i).forEach(line -> text.append("    ").append(line).append('\n'));
    }
    return text.append(TAIL).toString();
  }
}
