class Generation(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # Choosing the next tokens, in TorchScript: nothing walks over the vocabulary in Java. Formulas are those of transformers'
  # logits processors. R rows, V vocabulary, L length so far.

  # Scores [R, V] in float32 as the strategies see them. sequences [R, L]; numbers: 0 repetition penalty (1 = none), 1 no-repeat
  # n-gram size (0 = none), 2 token that every row must take (-1 = none), 3 whether to start from logarithms of
  # probabilities (beam search). suppressed: tokens that may not be taken now. words: bad words, one after the other, each
  # led by its length.
  def process(self: __torch__.Generation, logits: Tensor, sequences: Tensor, numbers: List[float], suppressed: Tensor,
              words: List[int]) -> Tensor:
    x = torch.to(logits, 6)
    if numbers[3] != 0.0:
      x = torch.log_softmax(x, -1)
    else:
      x = torch.clone(x)
    if numbers[0] != 1.0:
      taken = torch.gather(x, 1, sequences)
      punished = torch.where(torch.lt(taken, 0), torch.mul(taken, numbers[0]), torch.div(taken, numbers[0]))
      x = torch.scatter(x, 1, sequences, punished)
    n = int(numbers[1])
    if n > 0:
      if torch.size(sequences, 1) >= n:
        x = (self).forbid_repeats(x, sequences, n)
    x = (self).forbid_words(x, sequences, words)
    lowest = float("-inf")
    if torch.numel(suppressed) > 0:
      x = torch.index_fill(x, 1, suppressed, lowest)
    forced = int(numbers[2])
    if forced >= 0:
      x = torch.full_like(x, lowest)
      filled = torch.fill_(torch.select(x, 1, forced), 0)
    return x

  # Forbids each token that would repeat n tokens in a row.
  def forbid_repeats(self: __torch__.Generation, x: Tensor, sequences: Tensor, n: int) -> Tensor:
    length = torch.size(sequences, 1)
    windows = torch.unfold(sequences, 1, n, 1)
    last = torch.unsqueeze(torch.slice(sequences, 1, length - n + 1), 1)
    repeats = torch.all(torch.eq(torch.slice(windows, 2, 0, n - 1), last), -1)
    # Column V takes what is not forbidden.
    vocabulary = torch.size(x, 1)
    tokens = torch.where(repeats, torch.select(windows, 2, n - 1), vocabulary)
    forbidden = torch.zeros([torch.size(x, 0), vocabulary + 1], dtype=11, device=ops.prim.device(x))
    forbidden = torch.slice(torch.scatter(forbidden, 1, tokens, True), 1, 0, vocabulary)
    return torch.masked_fill(x, forbidden, float("-inf"))

  def forbid_words(self: __torch__.Generation, x: Tensor, sequences: Tensor, words: List[int]) -> Tensor:
    y = x
    at = 0
    length = torch.size(sequences, 1)
    _0 = torch.len(words) > 0
    _1 = _0
    while _1:
      size = words[at]
      word = torch.slice(words, at + 1, at + 1 + size)
      if length >= size - 1:
        match = torch.ones([torch.size(x, 0)], dtype=11, device=ops.prim.device(x))
        for j in range(size - 1):
          match = torch.logical_and(match, torch.eq(torch.select(sequences, 1, length - size + 1 + j), word[j]))
        token = word[size - 1]
        column = torch.masked_fill(torch.select(y, 1, token), match, float("-inf"))
        y = torch.select_scatter(y, column, 1, token)
      at = at + 1 + size
      _1 = at < torch.len(words)
    return y

  # ---------------------------------------------------------------------------------------------------------------- strategies

  def greedy(self: __torch__.Generation, scores: Tensor) -> Tensor:
    return torch.argmax(scores, -1)

  # numbers: 0 temperature, 1 top k (0 = all), 2 top p (1 = all), 3 min p (below 0 = none), 4 the least number of tokens to keep
  def warp(self: __torch__.Generation, scores: Tensor, numbers: List[float]) -> Tensor:
    x = scores
    least = int(numbers[4])
    lowest = float("-inf")
    if numbers[0] != 1.0:
      x = torch.div(x, numbers[0])
    k = int(numbers[1])
    if k > 0:
      if k < least:
        k = least
      if k < torch.size(x, -1):
        values, indices = torch.topk(x, k)
        x = torch.masked_fill(x, torch.lt(x, torch.slice(values, 1, -1)), lowest)
    if numbers[2] < 1.0:
      sorted, order = torch.sort(x, -1, False)
      below = torch.le(torch.cumsum(torch.softmax(sorted, -1), -1), 1.0 - numbers[2])
      filled = torch.fill_(torch.slice(below, 1, -least), False)
      x = torch.masked_fill(x, torch.scatter(below, 1, order, below), lowest)
    if numbers[3] >= 0.0:
      probabilities = torch.softmax(x, -1)
      floor = torch.mul(torch.amax(probabilities, [-1], True), numbers[3])
      rare = torch.lt(probabilities, floor)
      values0, best = torch.topk(x, least)
      rare = torch.scatter(rare, 1, best, False)
      x = torch.masked_fill(x, rare, lowest)
    return x

  # -1 for a row whose scores are nan, or all of them forbidden: a GPU that drew from such would refuse everything after it.
  def sample(self: __torch__.Generation, scores: Tensor, numbers: List[float]) -> Tensor:
    return torch.squeeze((self).draw((self).warp(scores, numbers), 1), -1)

  # The softmax of a row with nan is nan everywhere, so that its first element tells.
  def draw(self: __torch__.Generation, scores: Tensor, count: int) -> Tensor:
    shares = torch.softmax(scores, -1)
    lost = torch.isnan(torch.slice(shares, 1, 0, 1))
    drawn = torch.multinomial(torch.nan_to_num(shares, 1.0, None, None), count)
    return torch.masked_fill(drawn, lost, -1)

  # The best continuations of each batch entry over all its beams: [2, B, keep] in float64, scores and then indices into
  # beams * V. running [B, beams]; warping empty = no sampling.
  def beam(self: __torch__.Generation, scores: Tensor, running: Tensor, keep: int, warping: List[float]) -> Tensor:
    batch, beams = torch.size(running, 0), torch.size(running, 1)
    x = scores
    if torch.len(warping) > 0:
      x = (self).warp(x, warping)
    x = torch.add(torch.reshape(x, [batch, beams, -1]), torch.unsqueeze(running, -1))
    x = torch.flatten(x, 1)
    if torch.len(warping) > 0:
      indices = (self).draw(x, keep)
      values = torch.gather(x, 1, torch.clamp(indices, 0))
    else:
      values, indices = torch.topk(x, keep)
    return torch.to(torch.stack([torch.to(values, 7), torch.to(indices, 7)]), torch.device("cpu"), 7)
