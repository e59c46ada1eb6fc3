  # ------------------------------------------------------------------------------------------- products with quantized weights
  # What stands in projection.py for $products where weights may be quantized. To a weight of uint8, two numbers of 4 bits a byte, belong
  # in the next four lists absmax, pairs, nested and code (codes.py); to one of int8 belongs scb in the first of these. Both lie as
  # [out, in] in every family. Products with them are taken in the type $compute, and become the type of x again. A matrix exists from
  # here to the end of the product; backward needs it once more, and keeps it unless segments run again.

  def quantized_type(self: __torch__.Self) -> int:
    type = $compute
    if $autocast >= 0:
      type = $autocast
    return type

  # The weight in a type, [out, in].
  def matrix(self: __torch__.Self, x: Tensor, w: List[Tensor], at: int, type: int, conv: bool) -> Tensor:
    kind = ops.prim.dtype(w[at])
    if kind == 0:
      count = (self).tensors(w)
      values = (self).four_bits(w[at], w[count + at], w[2 * count + at], w[3 * count + at], w[4 * count + at], torch.size(x, -1))
      m = (self).cast(values, type)
    elif kind == 1:
      m = (self).cast((self).eight_bits(w[at], w[(self).tensors(w) + at]), type)
    else:
      m = (self).cast(w[at], type)
      if conv:
        m = torch.t(m)
    return m

  # x [..., in] times a quantized weight, without a bias. The scales of rows of int8 wait until behind the product, which is then one of
  # the numbers themselves; in float16 it would be beyond what that holds.
  def quantized_product(self: __torch__.Self, x: Tensor, w: List[Tensor], at: int) -> Tensor:
    type = (self).quantized_type()
    behind = False
    if ops.prim.dtype(w[at]) == 1:
      behind = type != 5
    if behind:
      y = torch.linear((self).cast(x, type), torch.to(w[at], type))
      y = torch.mul(y, torch.div(w[(self).tensors(w) + at], 127.0))
    else:
      y = torch.linear((self).cast(x, type), (self).matrix(x, w, at, type, False))
    return y

  # What the product becomes: the type of autocast, as other layers, or else that of x.
  def output_type(self: __torch__.Self, x: Tensor) -> int:
    type = ops.prim.dtype(x)
    if $autocast >= 0:
      type = $autocast
    return type

  def is_quantized(self: __torch__.Self, weight: Tensor) -> bool:
    return torch.__or__(ops.prim.dtype(weight) == 0, ops.prim.dtype(weight) == 1)

  # x [..., in], without a bias.
  def product(self: __torch__.Self, x: Tensor, w: List[Tensor], at: int, conv: bool) -> Tensor:
    if (self).is_quantized(w[at]):
      y = (self).cast((self).quantized_product(x, w, at), (self).output_type(x))
    else:
      type = (self).product_type(w[at])
      y = torch.linear((self).cast(x, type), (self).matrix(x, w, at, type, conv))
    return (self).adapt(y, x, w, at, conv)

  # The same with a bias [out], which stands behind the weight.
  def biased(self: __torch__.Self, x: Tensor, w: List[Tensor], at: int, conv: bool) -> Tensor:
    if (self).is_quantized(w[at]):
      y0 = (self).quantized_product(x, w, at)
      y = (self).cast(torch.add(y0, (self).cast(w[at + 1], ops.prim.dtype(y0))), (self).output_type(x))
    else:
      type = (self).product_type(w[at])
      y = torch.linear((self).cast(x, type), (self).matrix(x, w, at, type, conv), (self).cast(w[at + 1], type))
    return (self).adapt(y, x, w, at, conv)
