class Quantization(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # Weights of 4 and 8 bits, as bitsandbytes makes them: the numbers agree with its own to the bit. What they stand for is in codes.py.

  # The code of 256 numbers for scales, in float32: dynamic tree quantization (Dettmers: 8-Bit Approximations for Parallelism in Deep
  # Learning, 2015). Each power of ten down to 1e-6 has half as many fractions as the next, which are centres of equal parts of [0.1, 1].
  def dynamic_code(self: __torch__.Quantization, powers: Tensor) -> Tensor:
    values = annotate(List[Tensor], [])
    parts = 1
    for i in range(torch.numel(powers)):
      power = float(torch.select(powers, 0, i))
      bounds = torch.linspace(0.10000000000000001, 1.0, parts + 1, dtype=6)
      centres = torch.div(torch.add(torch.slice(bounds, 0, 0, -1), torch.slice(bounds, 0, 1)), 2.0)
      values = torch.append(values, torch.mul(centres, power))
      values = torch.append(values, torch.mul(centres, torch.neg(power)))
      parts = parts * 2
    values = torch.append(values, torch.tensor([0.0, 1.0], dtype=6))
    sorted, indices, = torch.sort(torch.cat(values))
    return sorted

  # The places in an ascending code, uint8, that are nearest to numbers.
  def nearest(self: __torch__.Quantization, x: Tensor, code: Tensor) -> Tensor:
    bounds = torch.div(torch.add(torch.slice(code, 0, 0, -1), torch.slice(code, 0, 1)), 2.0)
    return torch.bucketize(x, bounds, out_int32=True)

  # Blocks [blocks, size] of float32, the last one filled up with zeros, as parts of the largest of each, and these [blocks].
  def parts(self: __torch__.Quantization, x: Tensor, size: int) -> Tuple[Tensor, Tensor]:
    flat = torch.flatten(x)
    missing = torch.remainder(torch.neg(torch.numel(flat)), size)
    if missing > 0:
      flat = torch.constant_pad_nd(flat, [0, missing])
    blocks = torch.view(flat, [-1, size])
    largest = torch.amax(torch.abs(blocks), [1])
    inverse = torch.reciprocal(torch.clamp(largest, 9.9999999999999996e-39, None))
    return (torch.clamp_(torch.mul(blocks, torch.unsqueeze(inverse, 1)), -1.0, 1.0), largest)

  # Two places in a code of 16 a byte, the first one in its upper half, [ceil(n / 2), 1], and the scale of each block, float32. order is
  # where the code, sorted, has its numbers; size is that of a block.
  def four_bit_numbers(self: __torch__.Quantization, w: Tensor, code: Tensor, size: Tensor) -> Tuple[Tensor, Tensor]:
    x = torch.to(w, 6)
    scaled, largest, = (self).parts(x, int(size))
    sorted, order, = torch.sort(code)
    bytes = torch.index_select(torch.to(order, 0), 0, torch.flatten((self).nearest(scaled, sorted)))
    bytes = torch.slice(bytes, 0, 0, torch.numel(x))
    if torch.remainder(torch.numel(x), 2) == 1:
      # bitsandbytes fills the last byte with the number for zero.
      zero = (self).nearest(torch.zeros([1], dtype=6, device=ops.prim.device(x)), sorted)
      bytes = torch.cat([bytes, torch.index_select(torch.to(order, 0), 0, zero)])
    high = torch.slice(bytes, 0, 0, None, 2)
    low = torch.slice(bytes, 0, 1, None, 2)
    packed = torch.bitwise_or(torch.bitwise_left_shift(high, 4), low)
    return (torch.unsqueeze(packed, 1), largest)

  # Double quantization of scales [blocks]: places in a code of 256, what each 256 of them are multiplied by, and what is added to all.
  def nested_numbers(self: __torch__.Quantization, scales: Tensor, code: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    mean = torch.mean(scales)
    scaled, largest, = (self).parts(torch.sub(scales, mean), 256)
    places = torch.to(torch.slice(torch.flatten((self).nearest(scaled, code)), 0, 0, torch.numel(scales)), 0)
    return (places, largest, mean)

  # What a kernel takes of these: the factors and behind them what is added.
  def joined(self: __torch__.Quantization, factors: Tensor, mean: Tensor) -> Tensor:
    return torch.cat([torch.flatten(factors), torch.reshape(mean, [1])])

  # The two numbers of each byte, [256, 2], of a code of 16.
  def pairs(self: __torch__.Quantization, code: Tensor) -> Tensor:
    high = torch.repeat_interleave(code, 16)
    low = torch.repeat(code, [16])
    return torch.contiguous(torch.stack([high, low], 1))

  # int8 numbers [out, in] of which 127 is the largest of a row, and that, float32 [out]. The weight is rounded to float16 before.
  def eight_bit_numbers(self: __torch__.Quantization, w: Tensor) -> Tuple[Tensor, Tensor]:
    x = torch.to(w, 5)
    largest = torch.to(torch.amax(torch.abs(x), [1]), 6)
    numbers = torch.round(torch.mul(x, torch.unsqueeze(torch.mul(torch.reciprocal(largest), 127.0), 1)))
    return (torch.to(torch.nan_to_num(numbers, 0.0), 1), largest)

  # [in, out] as it lies where it is not quantized (transposed), as [out, in].
  def upright(self: __torch__.Quantization, w: Tensor, transposed: Tensor) -> Tensor:
    x = w
    if bool(transposed):
      x = torch.contiguous(torch.t(w))
    return x

  def all_finite(self: __torch__.Quantization, x: Tensor) -> Tensor:
    return torch.all(torch.isfinite(x))

  def four_bit_values(self: __torch__.Quantization, packed: Tensor, absmax: Tensor, pairs: Tensor, nested: Tensor, code: Tensor, width: int) -> Tensor:
    return (self).four_bits(packed, absmax, pairs, nested, code, width)

  def eight_bit_values(self: __torch__.Quantization, numbers: Tensor, scb: Tensor) -> Tensor:
    return (self).eight_bits(numbers, scb)

  # The bytes of any type, uint8 [n].
  def bytes_of(self: __torch__.Quantization, x: Tensor) -> Tensor:
    return torch.flatten(torch.view_copy(torch.flatten(x), dtype=0))

  def transposed(self: __torch__.Quantization, x: Tensor) -> Tensor:
    return torch.contiguous(torch.t(x))

  def kept(self: __torch__.Quantization, x: Tensor) -> Tensor:
    return torch.clone(x)
