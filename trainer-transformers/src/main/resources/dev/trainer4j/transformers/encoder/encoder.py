class Encoder(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # Encoders with the norm behind each sublayer: BERT, RoBERTa, DistilBERT. What begins with a dollar is a constant of the
  # model and of the mode: rates of dropout are 0.0 outside of training. A tensor without elements is one that is not there.

  # ------------------------------------------------------------------------------------------------------------ building blocks

  def activation(self: __torch__.Encoder, x: Tensor) -> Tensor:
    if $activation == "gelu":
      y = torch.gelu(x)
    elif $activation == "gelu_tanh":
      y = torch.gelu(x, approximate="tanh")
    elif $activation == "relu":
      y = torch.relu(x)
    else:
      y = torch.silu(x)
    return y

  # Every linear layer of an encoder has a bias.
  def linear(self: __torch__.Encoder, x: Tensor, w: List[Tensor], at: int) -> Tensor:
    return (self).biased(x, w, at, False)

  # The sum stays in the type of x. The cast is explicit because the compiled gradient of a sum does not promote.
  def residual(self: __torch__.Encoder, x: Tensor, y: Tensor) -> Tensor:
    return torch.add((self).cast((self).dropout(y, $hidden_dropout), ops.prim.dtype(x)), x)

  # The mask in the type of the scores; the lowest float32 would be infinite in it, and a row that hides all of itself NaN.
  def mask_like(self: __torch__.Encoder, mask: Tensor, x: Tensor) -> Tensor:
    type = ops.prim.dtype(x)
    if type == 5:
      y = torch.to(torch.clamp(mask, -65504.0, None), type)
    elif type == 15:
      y = torch.to(torch.clamp(mask, -3.38e38, None), type)
    else:
      y = torch.to(mask, type)
    return y

  def norm(self: __torch__.Encoder, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return torch.layer_norm((self).cast(x, ops.prim.dtype(weight)), [$hidden_size], weight, bias, $eps)

  def split(self: __torch__.Encoder, x: Tensor) -> Tensor:
    return torch.transpose(torch.view(x, [torch.size(x, 0), torch.size(x, 1), $heads, $head_size]), 1, 2)

  # [batch, heads, length, head size] -> [batch * heads, length, head size]
  def rows(self: __torch__.Encoder, x: Tensor) -> Tensor:
    return torch.flatten(x, 0, 1)

  # ------------------------------------------------------------------------------------------------------------ once for a batch

  # [batch, length], 1 = attend -> what is added to the scores, [batch, 1, 1, length]; nothing if all is attended to.
  def mask(self: __torch__.Encoder, attention_mask: Tensor) -> Tensor:
    hidden = torch.eq(attention_mask, 0)
    if bool(torch.any(hidden)):
      scores = torch.zeros(torch.size(hidden), dtype=6, device=ops.prim.device(hidden))
      added = torch.unsqueeze(torch.unsqueeze(torch.masked_fill(scores, hidden, $lowest), 1), 2)
    else:
      added = torch.empty([0])
    return added

  # Positions count from 0; or, as RoBERTa has it, over the tokens that are no padding, from the padding index + 1.
  def positions(self: __torch__.Encoder, input_ids: Tensor) -> Tensor:
    if $padding_index >= 0:
      there = torch.to(torch.ne(input_ids, $padding_index), 4)
      at = torch.add(torch.mul(torch.cumsum(there, 1), there), $padding_index)
    else:
      at = torch.unsqueeze(torch.arange(torch.size(input_ids, 1), dtype=4, device=ops.prim.device(input_ids)), 0)
    return at

  # ------------------------------------------------------------------------------------------------------------ segments

  # The row of a padding index learns nothing. weights: word, position, [token type], norm weight, norm bias
  def embed(self: __torch__.Encoder, input_ids: Tensor, token_type_ids: Tensor, position_ids: Tensor, weights: List[Tensor]) -> Tensor:
    if torch.numel(position_ids) == 0:
      at = (self).positions(input_ids)
    else:
      at = position_ids
    count = (self).tensors(weights)
    sum = torch.add((self).noisy((self).embedded(torch.to(input_ids, 4), weights, 0, $pad_token_id)), (self).embedded(torch.to(at, 4), weights, 1, $padding_index))
    if count == 5:
      if torch.numel(token_type_ids) == 0:
        sum = torch.add(sum, (self).embedded(torch.zeros([1], dtype=4, device=ops.prim.device(sum)), weights, 2, -1))
      else:
        sum = torch.add(sum, (self).embedded(torch.to(token_type_ids, 4), weights, 2, -1))
    return (self).dropout((self).norm(sum, weights[count - 2], weights[count - 1]), $hidden_dropout)

  # weights: query, key, value, output, norm, up, down, norm; each weight, bias
  def layer(self: __torch__.Encoder, hidden: Tensor, mask: Tensor, w: List[Tensor]) -> Tensor:
    q = (self).split((self).linear(hidden, w, 0))
    k = (self).split((self).linear(hidden, w, 2))
    v = (self).split((self).linear(hidden, w, 4))
    added = annotate(Optional[Tensor], None)
    if torch.numel(mask) > 0:
      added = (self).mask_like(mask, q)
    if $attention_dropout > 0.0 and $drop_scores:
      # On the CPU the fused attention has no dropout and falls back to this, with dearer random numbers.
      scores = torch.baddbmm(torch.zeros([1], dtype=ops.prim.dtype(q), device=ops.prim.device(q)), (self).rows(q),
                             torch.transpose((self).rows(k), 1, 2), beta=0, alpha=$scale)
      scores = torch.view(scores, [torch.size(q, 0), torch.size(q, 1), torch.size(q, 2), torch.size(k, 2)])
      if torch.numel(mask) > 0:
        scores = torch.add(scores, (self).mask_like(mask, q))
      mixed = torch.matmul((self).dropout(torch.softmax(scores, -1), $attention_dropout), v)
    else:
      mixed = torch.scaled_dot_product_attention(q, k, v, added, $attention_dropout, False)
    merged = torch.flatten(torch.transpose(mixed, 1, 2), 2)
    attended = (self).norm((self).residual(hidden, (self).linear(merged, w, 6)), w[8], w[9])
    up = (self).activation((self).linear(attended, w, 10))
    return (self).norm((self).residual(attended, (self).linear(up, w, 12)), w[14], w[15])

  # ------------------------------------------------------------------------------------------------------------ heads
  # Each returns logits, the sum of the losses, and over how many it is taken.

  # weights: dense weight, bias; out weight, bias
  def classify(self: __torch__.Encoder, hidden: Tensor, labels: Tensor, w: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor]:
    first = torch.select(hidden, 1, 0)
    if $drop_before_dense:
      first = (self).dropout(first, $head_dropout)
    dense = (self).linear(first, w, 0)
    if $dense_activation == "tanh":
      pooled = torch.tanh(dense)
    else:
      pooled = torch.relu(dense)
    logits = (self).full((self).linear((self).dropout(pooled, $head_dropout), w, 2))
    loss, weight, = (self).text_loss(logits, labels)
    return (logits, loss, weight)

  # The body alone: all places, and the first one through the pooler. weights: dense weight, bias
  def pool(self: __torch__.Encoder, hidden: Tensor, w: List[Tensor]) -> Tuple[Tensor, Tensor]:
    pooled = torch.tanh((self).linear(torch.select(hidden, 1, 0), w, 0))
    return ((self).full(hidden), (self).full(pooled))

  # weights: classifier weight, bias
  def tokens(self: __torch__.Encoder, hidden: Tensor, labels: Tensor, w: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor]:
    logits = (self).full((self).linear((self).dropout(hidden, $head_dropout), w, 0))
    sum, weight, = (self).label_loss(logits, labels)
    return (logits, sum, weight)

  # weights: outputs weight, bias
  def span(self: __torch__.Encoder, hidden: Tensor, starts: Tensor, ends: Tensor, w: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
    both = (self).full((self).linear((self).dropout(hidden, $head_dropout), w, 0))
    return (self).spans(both, starts, ends)

  # weights: dense weight, bias; norm weight, bias; decoder weight, bias
  def masked(self: __torch__.Encoder, hidden: Tensor, labels: Tensor, w: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor]:
    dense = (self).linear(hidden, w, 0)
    if $mlm_activation == "gelu":
      bent = torch.gelu(dense)
    else:
      bent = (self).activation(dense)
    normed = torch.layer_norm((self).cast(bent, ops.prim.dtype(w[2])), [$hidden_size], w[2], w[3], $mlm_eps)
    logits = (self).full((self).linear(normed, w, 4))
    sum, weight, = (self).label_loss(logits, labels)
    return (logits, sum, weight)

  # Each text is a choice among those of its row in ids [batch, choices, length]: logits [batch, choices]. weights: as for
  # classify()
  def choose(self: __torch__.Encoder, hidden: Tensor, labels: Tensor, ids: Tensor, w: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor]:
    scores, none, nothing, = (self).classify(hidden, torch.slice(labels, 0, 0, 0), w)
    logits = torch.reshape(scores, [-1, torch.size(ids, 1)])
    sum, weight, = (self).label_loss(logits, labels)
    return (logits, sum, weight)
