  # ------------------------------------------------------------------------------------------------------ numbers of 4 and 8 bits
  # Methods that the text of a class ends with, whatever it is called (KernelText): what quantized tensors stand for, as bitsandbytes
  # has it. Nothing here takes a gradient.

  # The scale of each block of a tensor, float32 [blocks]. With double quantization absmax is uint8, places in code [256]; nested holds
  # what each 256 of them are multiplied by, and behind these what is added to all.
  def block_scales(self: __torch__.Self, absmax: Tensor, nested: Tensor, code: Tensor) -> Tensor:
    scales = absmax
    if ops.prim.dtype(absmax) == 0:
      factors = torch.slice(torch.repeat_interleave(torch.slice(nested, 0, 0, -1), 256), 0, 0, torch.numel(absmax))
      values = torch.mul(torch.index_select(code, 0, torch.to(absmax, 3)), factors)
      scales = torch.add(values, torch.select(nested, 0, -1))
    return scales

  # Values [rows, width], float32, of packed bytes, each of which holds two places in a code of 16, the first one in its upper half.
  # pairs [256, 2] are the two values of each byte: looked up at once, as the one complex number that they are. A block is the power of
  # two that so many scales need.
  def four_bits(self: __torch__.Self, packed: Tensor, absmax: Tensor, pairs: Tensor, nested: Tensor, code: Tensor, width: int) -> Tensor:
    found = torch.index_select(torch.view_as_complex(pairs), 0, torch.to(torch.flatten(packed), 3))
    values = torch.flatten(torch.view_as_real(found))
    scales = (self).block_scales(absmax, nested, code)
    blocks = torch.numel(scales)
    count = torch.numel(values)
    size = 32
    for i in range(7):
      if size * blocks < count:
        size = size * 2
    if size * blocks > count:
      values = torch.constant_pad_nd(values, [0, size * blocks - count])
    scaled = torch.flatten(torch.mul_(torch.view(values, [blocks, size]), torch.unsqueeze(scales, 1)))
    rows = torch.floordiv(count, width)
    return torch.view(torch.slice(scaled, 0, 0, rows * width), [rows, width])

  # Values [out, in], float32, of int8 numbers of which 127 is the largest of a row, scb [out].
  def eight_bits(self: __torch__.Self, numbers: Tensor, scb: Tensor) -> Tensor:
    return torch.mul(torch.to(numbers, 6), torch.unsqueeze(torch.div(scb, 127.0), 1))
