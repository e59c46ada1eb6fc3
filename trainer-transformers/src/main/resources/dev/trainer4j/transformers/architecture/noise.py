  # ------------------------------------------------------------------------------------------------- noise in embeddings
  # Methods that the text of a class ends with, whatever it is called (KernelText). $noise is NEFTune's alpha, 0.0 for none.

  # Embeddings x [texts, length, width], each number with uniform noise of up to alpha / sqrt(length * width) (Jain et al.: NEFTune, 2023).
  def noisy(self: __torch__.Self, x: Tensor) -> Tensor:
    y = x
    if $noise > 0.0:
      most = $noise / torch.sqrt(float(torch.size(x, 1) * torch.size(x, 2)))
      y = torch.add(x, torch.uniform_(torch.zeros_like(x), -most, most))
    return y
