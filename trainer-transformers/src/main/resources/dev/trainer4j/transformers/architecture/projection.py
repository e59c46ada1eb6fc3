  # ------------------------------------------------------------------------------------------------------------ linear layers
  # Methods that the text of a class ends with, whatever it is called (KernelText). A linear layer is given as the list of tensors
  # that a kernel got and the place of its weight in it. $lists lists of one length stand in it one behind the other (KernelWeights):
  # the tensors; where weights may be quantized, what else these are made of; from the list $pairs on, for each of $adapters low-rank
  # pairs that a layer has at most A, B, numbers (scale and rate of dropout) and magnitude (empty but for DoRA), each at the place of
  # the weight that it belongs to. Without any of that it is the tensors, and nothing else is computed.

  # How many tensors a kernel got, what belongs to them not counted.
  def tensors(self: __torch__.Self, w: List[Tensor]) -> int:
    return torch.floordiv(torch.len(w), $lists)

  # Products are taken in the type of autocast ($autocast, -1 without it), otherwise in that of the weight.
  def product_type(self: __torch__.Self, weight: Tensor) -> int:
    if $autocast >= 0:
      type = $autocast
    else:
      type = ops.prim.dtype(weight)
    return type

$products
  # With the bias behind the weight, if it is there.
  def project(self: __torch__.Self, x: Tensor, w: List[Tensor], at: int, conv: bool) -> Tensor:
    if (self).absent(w[at + 1]):
      y = (self).product(x, w, at, conv)
    else:
      y = (self).biased(x, w, at, conv)
    return y

  # The product y of x [..., in] and the weight w[at], plus scale * dropout(x) A^T B^T for each of its pairs; A [r, in], B [out, r].
  # A pair of a wider type than the product is added in its own, as in PEFT.
  def adapt(self: __torch__.Self, y: Tensor, x: Tensor, w: List[Tensor], at: int, conv: bool) -> Tensor:
    z = y
    if $adapters > 0:
      count = (self).tensors(w)
      for i in range($adapters):
        a = w[count * ($pairs + 4 * i) + at]
        if torch.__not__((self).absent(a)):
          b = w[count * ($pairs + 1 + 4 * i) + at]
          numbers = w[count * ($pairs + 2 + 4 * i) + at]
          magnitude = w[count * ($pairs + 3 + 4 * i) + at]
          type = (self).product_type(a)
          scale = float(torch.select(numbers, 0, 0))
          dropped = (self).dropout((self).cast(x, type), float(torch.select(numbers, 0, 1)))
          low = torch.mul(torch.linear(dropped, (self).cast(a, type)), scale)
          high = torch.linear(low, (self).cast(b, type))
          if torch.__not__((self).absent(magnitude)):
            high = (self).decomposed(dropped, high, w, at, a, b, scale, magnitude, conv)
          z = (self).cast(torch.add((self).cast(z, type), high), ops.prim.dtype(y))
    return z

  # What a pair adds where the weight is decomposed into magnitude [out] and direction (DoRA): with V = W + scale * B A and the share
  # s = magnitude / |V| of each output, (s - 1) x W^T + s * high. The norm of the rows of V takes part in no gradient (DoRA, section 4.3).
  def decomposed(self: __torch__.Self, x: Tensor, high: Tensor, w: List[Tensor], at: int, a: Tensor, b: Tensor, scale: float, magnitude: Tensor, conv: bool) -> Tensor:
    matrix = (self).matrix(x, w, at, ops.prim.dtype(a), conv)
    v = torch.add(torch.detach(matrix), torch.mul(torch.matmul(torch.detach(b), torch.detach(a)), scale))
    share = (self).cast(torch.div(magnitude, torch.sqrt(torch.sum(torch.mul(v, v), [1]))), ops.prim.dtype(x))
    base = torch.linear(x, (self).cast(matrix, ops.prim.dtype(x)))
    return torch.add(torch.mul(base, torch.sub(share, 1.0)), torch.mul(high, share))

  # The rows of ids in a table of embeddings w[at] [V, H], with its pairs; A [r, V], B [H, r]. padding is the row that learns nothing, -1 for none.
  def embedded(self: __torch__.Self, ids: Tensor, w: List[Tensor], at: int, padding: int) -> Tensor:
    rows = torch.embedding(w[at], ids, padding)
    if $adapters > 0:
      count = (self).tensors(w)
      for i in range($adapters):
        a = w[count * ($pairs + 4 * i) + at]
        if torch.__not__((self).absent(a)):
          low = torch.embedding(torch.t(a), ids, padding)
          scale = float(torch.select(w[count * ($pairs + 2 + 4 * i) + at], 0, 0))
          high = torch.mul(torch.linear(low, w[count * ($pairs + 1 + 4 * i) + at]), scale)
          rows = (self).cast(torch.add((self).cast(rows, ops.prim.dtype(high)), high), ops.prim.dtype(rows))
    return rows

  # The tensors from first up to end of a list, with what belongs to these.
  def part(self: __torch__.Self, w: List[Tensor], first: int, end: int) -> List[Tensor]:
    if $lists > 1:
      count = (self).tensors(w)
      p = annotate(List[Tensor], [])
      for i in range($lists):
        p = torch.add(p, torch.slice(w, i * count + first, i * count + end))
    else:
      p = torch.slice(w, first, end)
    return p
