  # ------------------------------------------------------------------------------------------------------------ keys and values
  # Methods that the text of a class ends with, whatever it is called (KernelText).

  # A cache in the type of an array, which need not be one that Java can name.
  def empty_cache(self: __torch__.Self, like: Tensor, shape: List[int]) -> Tensor:
    return torch.empty(shape, dtype=ops.prim.dtype(like), device=ops.prim.device(like))

  # Fills the first length positions of each new cache with rows of the old one; they may be the same cache.
  def reorder(self: __torch__.Self, old: List[Tensor], new: List[Tensor], rows: Tensor, length: int) -> None:
    for i in range(torch.len(old)):
      picked = torch.index_select(torch.slice(old[i], 3, 0, length), 1, rows)
      copied = torch.copy_(torch.slice(new[i], 3, 0, length), picked)
    return None
