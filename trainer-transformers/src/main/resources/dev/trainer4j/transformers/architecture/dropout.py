  # ---------------------------------------------------------------------------------------------------------------- dropout
  # Methods that the text of a class ends with, whatever it is called (KernelText).

  # On a CPU the random numbers are the dear part of a dropout: four 16-bit numbers of one draw decide on four elements.
  # The rate is thereby one of 65536, and the scale is that of the rate in fact. Numbers at and above the threshold become
  # the scale and those below become 0 by arithmetic, which is vectorised; comparing and converting booleans is not.
  # On a GPU one kernel does it, and keeps a byte for each element where this keeps a number.
  def dropout(self: __torch__.Self, x: Tensor, rate: float) -> Tensor:
    dropped = x
    if rate > 0.0:
      if ops.prim.is_cpu(x):
        count = torch.numel(x)
        draws = torch.random_(torch.empty([torch.floordiv(count + 3, 4)], dtype=4, device=ops.prim.device(x)), -9223372036854775808, None)
        bits = torch.slice(torch.view_copy(draws, dtype=2), 0, 0, count)
        threshold = int(rate * 65536.0)
        scale = 65536.0 / float(65536 - threshold)
        kept = torch.mul_(torch.sub_(torch.to(bits, 6), float(threshold) - 32768.5), 4.0 * scale)
        mask = torch.view(torch.clamp_(kept, 0.0, scale), torch.size(x))
        dropped = torch.mul(x, (self).cast(mask, ops.prim.dtype(x)))
      else:
        dropped = torch.dropout(x, rate, True)
    return dropped
