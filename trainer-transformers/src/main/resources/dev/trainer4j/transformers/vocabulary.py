class Vocabulary(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # Places of tokens that are added to a tensor, and cut off it; V tokens, D wide. Formulas are those of transformers'
  # _init_added_embeddings_weights_with_mean, after Hewitt: Initializing New Word Embeddings for Pretrained Language Models, 2021.

  # Rows [count, D] in float32 beside old [V, D]: drawn from the normal distribution that has the mean of the old ones and
  # 1e-9 of their covariance; the mean itself where that is not positive definite, as with fewer tokens than D.
  def mean_rows(self: __torch__.Vocabulary, old: Tensor, count: int) -> Tensor:
    x = torch.to(old, 6)
    mean = torch.mean(x, [0])
    centered = torch.sub(x, mean)
    covariance = torch.div(torch.matmul(torch.t(centered), centered), torch.size(old, 0))
    factor, info, = torch.linalg_cholesky_ex(torch.mul(covariance, 1.0000000000000001e-09))
    rows = torch.expand(torch.unsqueeze(mean, 0), [count, torch.size(old, 1)])
    if int(info) == 0:
      noise = torch.randn([count, torch.size(old, 1)], dtype=6, device=ops.prim.device(old))
      rows = torch.add(rows, torch.matmul(noise, torch.t(factor)))
    return rows

  # Biases [count] in float32 beside old [V]: normal, with the mean of the old ones and 1e-9 of their standard deviation.
  def mean_bias(self: __torch__.Vocabulary, old: Tensor, count: int) -> Tensor:
    x = torch.to(old, 6)
    noise = torch.randn([count], dtype=6, device=ops.prim.device(old))
    return torch.add(torch.mean(x), torch.mul(noise, torch.mul(torch.std(x), 1.0000000000000001e-09)))

  def last(self: __torch__.Vocabulary, x: Tensor, count: int) -> Tensor:
    return torch.slice(x, 0, torch.size(x, 0) - count)

  def joined(self: __torch__.Vocabulary, old: Tensor, added: Tensor, axis: int) -> Tensor:
    return torch.cat([old, torch.to(added, ops.prim.dtype(old))], axis)

  def cut(self: __torch__.Vocabulary, old: Tensor, axis: int, size: int) -> Tensor:
    return torch.clone(torch.slice(old, axis, 0, size), memory_format=0)
