  # ------------------------------------------------------------------------------------------------------------ linear layers
  # Methods that the text of a class ends with, whatever it is called (KernelText). A linear layer is given as the list of tensors
  # that a kernel got and the place of its weight in it. $adapters is how many low-rank pairs a layer of the list has at most. With
  # pairs the list is 1 + 3 * $adapters lists of one length: the tensors; then for each pair A, B, and numbers, scale and rate of dropout,
  # each at the place of the weight that it belongs to (KernelWeights). Without them it is the tensors, and nothing else is computed.

  # Products are taken in the type of autocast ($autocast, -1 without it), otherwise in that of the weight.
  def product_type(self: __torch__.Self, weight: Tensor) -> int:
    if $autocast >= 0:
      type = $autocast
    else:
      type = ops.prim.dtype(weight)
    return type

  # x [..., in]; weight [out, in], or [in, out] as GPT-2 stores it (conv). No bias.
  def product(self: __torch__.Self, x: Tensor, w: List[Tensor], at: int, conv: bool) -> Tensor:
    type = (self).product_type(w[at])
    matrix = (self).cast(w[at], type)
    if conv:
      matrix = torch.t(matrix)
    return (self).adapt(torch.linear((self).cast(x, type), matrix), x, w, at)

  # The same with a bias [out], which stands behind the weight.
  def biased(self: __torch__.Self, x: Tensor, w: List[Tensor], at: int, conv: bool) -> Tensor:
    type = (self).product_type(w[at])
    matrix = (self).cast(w[at], type)
    if conv:
      matrix = torch.t(matrix)
    return (self).adapt(torch.linear((self).cast(x, type), matrix, (self).cast(w[at + 1], type)), x, w, at)

  # With the bias behind the weight, if it is there.
  def project(self: __torch__.Self, x: Tensor, w: List[Tensor], at: int, conv: bool) -> Tensor:
    if (self).absent(w[at + 1]):
      y = (self).product(x, w, at, conv)
    else:
      y = (self).biased(x, w, at, conv)
    return y

  # The product y of x [..., in] and the weight w[at], plus scale * dropout(x) A^T B^T for each of its pairs; A [r, in], B [out, r].
  # A pair of a wider type than the product is added in its own, as in PEFT.
  def adapt(self: __torch__.Self, y: Tensor, x: Tensor, w: List[Tensor], at: int) -> Tensor:
    z = y
    if $adapters > 0:
      count = torch.floordiv(torch.len(w), 1 + 3 * $adapters)
      for i in range($adapters):
        a = w[count * (1 + 3 * i) + at]
        if torch.__not__((self).absent(a)):
          b = w[count * (2 + 3 * i) + at]
          numbers = w[count * (3 + 3 * i) + at]
          type = (self).product_type(a)
          dropped = (self).dropout((self).cast(x, type), float(torch.select(numbers, 0, 1)))
          low = torch.linear(dropped, (self).cast(a, type))
          high = torch.mul(torch.linear(low, (self).cast(b, type)), float(torch.select(numbers, 0, 0)))
          z = (self).cast(torch.add((self).cast(z, type), high), ops.prim.dtype(y))
    return z

  # The tensors from first up to end of a list, with the pairs of these.
  def part(self: __torch__.Self, w: List[Tensor], first: int, end: int) -> List[Tensor]:
    if $adapters > 0:
      count = torch.floordiv(torch.len(w), 1 + 3 * $adapters)
      p = annotate(List[Tensor], [])
      for i in range(1 + 3 * $adapters):
        p = torch.add(p, torch.slice(w, i * count + first, i * count + end))
    else:
      p = torch.slice(w, first, end)
    return p
