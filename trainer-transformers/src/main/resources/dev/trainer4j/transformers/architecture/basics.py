  # -------------------------------------------------------------------------------------------------------- building blocks
  # Methods that the text of a class ends with, whatever it is called (KernelText). A tensor without elements is one that is not there.

  def absent(self: __torch__.Self, x: Tensor) -> bool:
    return torch.numel(x) == 0

  def cast(self: __torch__.Self, x: Tensor, type: int) -> Tensor:
    y = x
    if ops.prim.dtype(x) != type:
      y = torch.to(x, type)
    return y

  # Low precision would round logits, losses and biases of distances: these are float32.
  def full(self: __torch__.Self, x: Tensor) -> Tensor:
    y = x
    if torch.__or__(ops.prim.dtype(x) == 5, ops.prim.dtype(x) == 15):
      y = torch.to(x, 6)
    return y
