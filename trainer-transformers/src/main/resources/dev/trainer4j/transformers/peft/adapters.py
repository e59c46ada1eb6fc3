class Adapters(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # What stands in a model's place of a tensor, and what merging makes of it. Results have the type of the tensor.

  def cast(self: __torch__.Adapters, x: Tensor, like: Tensor) -> Tensor:
    if ops.prim.dtype(x) == ops.prim.dtype(like):
      y = x
    else:
      y = torch.to(x, ops.prim.dtype(like))
    return y

  # A copy that is trained, in the type of the tensor. w: the tensor, the copy
  def copied(self: __torch__.Adapters, w: List[Tensor]) -> Tensor:
    return (self).cast(w[1], w[0])

  # A table [V, H] with other rows at some places. w: the table, rows [n, H], places int64 [n]
  def replaced(self: __torch__.Adapters, w: List[Tensor]) -> Tensor:
    return torch.index_copy(w[0], 0, w[2], (self).cast(w[1], w[0]))

  # A weight or bias times a vector, which multiplies outputs or inputs (IA3). w: the tensor, the vector
  def scaled(self: __torch__.Adapters, w: List[Tensor]) -> Tensor:
    return torch.mul(w[0], (self).cast(w[1], w[0]))

  # W + scale * B A, computed in float32. w: W [out, in], or [in, out] if transposed; A [r, in]; B [out, r]; and with DoRA magnitudes [out],
  # the lengths that its rows, or columns, are given.
  def merged(self: __torch__.Adapters, scale: Tensor, transposed: Tensor, w: List[Tensor]) -> Tensor:
    weight = torch.to(w[0], 6)
    if bool(transposed):
      weight = torch.t(weight)
    weight = torch.add(weight, torch.mul(torch.matmul(w[2], w[1]), float(scale)))
    if torch.len(w) == 4:
      length = torch.sqrt(torch.sum(torch.mul(weight, weight), [1], True))
      weight = torch.mul(weight, torch.div(torch.unsqueeze(w[3], 1), length))
    if bool(transposed):
      weight = torch.t(weight)
    return (self).cast(torch.contiguous(weight), w[0])

  # The lengths of the rows of W + scale * B A, or of its columns if transposed: what magnitudes begin with. w: W, A, B
  def lengths(self: __torch__.Adapters, scale: Tensor, transposed: Tensor, w: List[Tensor]) -> Tensor:
    weight = torch.to(w[0], 6)
    if bool(transposed):
      weight = torch.t(weight)
    weight = torch.add(weight, torch.mul(torch.matmul(w[2], w[1]), float(scale)))
    return torch.sqrt(torch.sum(torch.mul(weight, weight), [1]))

  # A and B of the r largest singular values of W, whose roots both take (PiSSA). w: W
  def principal(self: __torch__.Adapters, rank: Tensor, scale: Tensor, transposed: Tensor, w: List[Tensor]) -> Tuple[Tensor, Tensor]:
    weight = torch.to(w[0], 6)
    if bool(transposed):
      weight = torch.t(weight)
    u, s, vh, = torch.linalg_svd(weight, False)
    r = int(rank)
    root = torch.sqrt(torch.div(torch.slice(s, 0, 0, r), float(scale)))
    a = torch.mul(torch.unsqueeze(root, 1), torch.slice(vh, 0, 0, r))
    b = torch.mul(torch.slice(u, 1, 0, r), torch.unsqueeze(root, 0))
    return (torch.contiguous(a), torch.contiguous(b))
