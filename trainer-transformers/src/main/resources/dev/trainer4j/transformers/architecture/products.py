  # ---------------------------------------------------------------------------------------------------- products with weights
  # What stands in projection.py for $products where no weight is quantized.

  # The weight in a type, [out, in]; it lies as [in, out] where GPT-2 stores it (conv).
  def matrix(self: __torch__.Self, x: Tensor, w: List[Tensor], at: int, type: int, conv: bool) -> Tensor:
    m = (self).cast(w[at], type)
    if conv:
      m = torch.t(m)
    return m

  # x [..., in], without a bias.
  def product(self: __torch__.Self, x: Tensor, w: List[Tensor], at: int, conv: bool) -> Tensor:
    type = (self).product_type(w[at])
    y = torch.linear((self).cast(x, type), (self).matrix(x, w, at, type, conv))
    return (self).adapt(y, x, w, at, conv)

  # The same with a bias [out], which stands behind the weight.
  def biased(self: __torch__.Self, x: Tensor, w: List[Tensor], at: int, conv: bool) -> Tensor:
    type = (self).product_type(w[at])
    y = torch.linear((self).cast(x, type), (self).matrix(x, w, at, type, conv), (self).cast(w[at + 1], type))
    return (self).adapt(y, x, w, at, conv)
