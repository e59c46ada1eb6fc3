  # ------------------------------------------------------------------------------------------------------------ losses of heads
  # Methods that the text of a class ends with, whatever it is called (KernelText). Labels without elements are not there.

  # The kind of problem is transformers': given, or else from the number of labels and their type.
  def text_loss(self: __torch__.Self, logits: Tensor, labels: Tensor) -> Tuple[Tensor, Tensor]:
    classes = torch.size(logits, -1)
    if torch.numel(labels) == 0:
      sum = torch.zeros([])
      weight = torch.zeros([])
    else:
      kind = $problem_type
      if kind == "":
        if classes == 1:
          kind = "regression"
        elif torch.is_floating_point(labels):
          kind = "multi_label_classification"
        else:
          kind = "single_label_classification"
      if kind == "single_label_classification":
        sum, weight, = (self).cross_entropy(logits, labels)
      elif kind == "regression":
        target = torch.reshape(torch.to(labels, ops.prim.dtype(logits)), torch.size(logits))
        sum = torch.mse_loss(logits, target, 2)
        weight = torch.full([], torch.numel(logits), dtype=4)
      else:
        target = torch.to(labels, ops.prim.dtype(logits))
        sum = torch.binary_cross_entropy_with_logits(logits, target, None, None, 2)
        weight = torch.full([], torch.numel(logits), dtype=4)
    return (sum, weight)

  def cross_entropy(self: __torch__.Self, logits: Tensor, labels: Tensor) -> Tuple[Tensor, Tensor]:
    flat = torch.reshape(logits, [-1, torch.size(logits, -1)])
    targets = torch.reshape(torch.to(labels, 4), [-1])
    return (torch.cross_entropy_loss(flat, targets, None, 2, -100), torch.sum(torch.ne(targets, -100)))

  # The cross entropy of labels, if they are there.
  def label_loss(self: __torch__.Self, logits: Tensor, labels: Tensor) -> Tuple[Tensor, Tensor]:
    if torch.numel(labels) == 0:
      sum = torch.zeros([])
      weight = torch.zeros([])
    else:
      sum, weight, = (self).cross_entropy(logits, labels)
    return (sum, weight)

  # [batch, length, 2] -> logits of starts and of ends, the sum of the losses of both, and over how many it is taken.
  def spans(self: __torch__.Self, both: Tensor, starts: Tensor, ends: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
    start = torch.contiguous(torch.select(both, 2, 0))
    end = torch.contiguous(torch.select(both, 2, 1))
    if torch.numel(starts) == 0:
      sum = torch.zeros([])
      weight = torch.zeros([])
    else:
      start_sum, start_weight, = (self).position_loss(start, starts)
      end_sum, end_weight, = (self).position_loss(end, ends)
      sum = torch.add(start_sum, end_sum)
      weight = torch.add(start_weight, end_weight)
    return (start, end, sum, weight)

  # Positions behind the text do not count.
  def position_loss(self: __torch__.Self, logits: Tensor, positions: Tensor) -> Tuple[Tensor, Tensor]:
    length = torch.size(logits, 1)
    targets = torch.clamp(torch.reshape(torch.to(positions, 4), [-1]), 0, length)
    return (torch.cross_entropy_loss(logits, targets, None, 2, length), torch.sum(torch.ne(targets, length)))
