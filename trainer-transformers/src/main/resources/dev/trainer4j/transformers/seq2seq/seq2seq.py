class Seq2Seq(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # Encoder-decoder models, in TorchScript: T5, with norms before the sublayers and learned biases for distances, and BART,
  # with norms behind them and learned positions. What begins with a dollar is a constant of the model and of the mode: rates
  # of dropout are 0.0 outside of training. A tensor without elements is one that is not there. Shapes: B batch, S positions
  # of the encoder, T of the decoder, H width, N heads, D head width, V vocabulary.

  # ---------------------------------------------------------------------------------------------------------- building blocks

  def activate(self: __torch__.Seq2Seq, x: Tensor) -> Tensor:
    if $activation == "gelu":
      y = torch.gelu(x)
    elif $activation == "gelu_tanh":
      y = torch.gelu(x, approximate="tanh")
    elif $activation == "relu":
      y = torch.relu(x)
    else:
      y = torch.silu(x)
    return y

  def linear(self: __torch__.Seq2Seq, x: Tensor, w: List[Tensor], at: int) -> Tensor:
    return (self).project(x, w, at, False)

  # The lowest number that scores of the type of x can hold; that of float32 would be infinite in fewer bits.
  def lowest(self: __torch__.Seq2Seq, x: Tensor) -> float:
    if ops.prim.dtype(x) == 5:
      limit = -65504.0
    elif ops.prim.dtype(x) == 15:
      limit = -3.38e38
    else:
      limit = $lowest
    return limit

  # What is added to the scores, in their type; a row that hides all of itself must not become NaN.
  def added_like(self: __torch__.Seq2Seq, added: Tensor, x: Tensor) -> Tensor:
    y = added
    if torch.__or__(ops.prim.dtype(x) == 5, ops.prim.dtype(x) == 15):
      y = torch.clamp(added, (self).lowest(x), None)
    return (self).cast(y, ops.prim.dtype(x))

  # LayerNorm with a bias, without one the root mean square alone, as in T5.
  def norm(self: __torch__.Seq2Seq, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    if (self).absent(bias):
      y = torch.rms_norm((self).cast(x, ops.prim.dtype(weight)), [torch.size(x, -1)], weight, $eps)
    else:
      y = torch.layer_norm((self).cast(x, ops.prim.dtype(weight)), [torch.size(x, -1)], weight, bias, $eps)
    return y

  # What a sublayer reads of the residual stream x.
  def enter(self: __torch__.Seq2Seq, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    y = x
    if $norm_first:
      y = (self).norm(x, weight, bias)
    return y

  # The residual stream x after a sublayer has made y. Half precision is kept from overflowing, as in transformers.
  def leave(self: __torch__.Seq2Seq, x: Tensor, y: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    # The sum stays in the type of x, unless weights that were kept wide made a wide y: the sum may be what 16 bits cannot hold.
    # The cast is explicit because the compiled gradient of a sum does not promote.
    type = ops.prim.dtype(x)
    if ops.prim.dtype(y) == 6:
      type = 6
    z = torch.add((self).cast(x, type), (self).cast((self).dropout(y, $hidden_dropout), type))
    if torch.__not__($norm_first):
      z = (self).norm(z, weight, bias)
    if ops.prim.dtype(z) == 5:
      limit = torch.add(torch.mul(torch.any(torch.isinf(z)), -1000.0), 65504.0)
      z = torch.clamp(z, torch.neg(limit), limit)
    return z

  # [B, T, N * D] -> [B, N, T, D]
  def heads(self: __torch__.Seq2Seq, x: Tensor, count: int) -> Tensor:
    return torch.transpose(torch.reshape(x, [torch.size(x, 0), torch.size(x, 1), count, -1]), 1, 2)

  # q [B, N, T, D]; k, v [B, N, S, D]; added to the scores, broadcast to [B, N, T, S], or empty. Returns [B, T, N * D].
  def attend(self: __torch__.Seq2Seq, q: Tensor, k: Tensor, v: Tensor, added: Tensor, causal: bool, scale: float) -> Tensor:
    if $attention_dropout > 0.0 and $drop_scores:
      # On the CPU the fused attention has no dropout and falls back to this, with dearer random numbers.
      scores = torch.matmul(torch.mul(q, scale), torch.transpose(k, 2, 3))
      if torch.__not__((self).absent(added)):
        scores = torch.add(scores, (self).added_like(added, scores))
      if causal:
        scores = torch.masked_fill(scores, (self).future(torch.size(q, 2), torch.size(k, 2), 0, q), (self).lowest(scores))
      mixed = torch.matmul((self).dropout(torch.softmax(scores, -1), $attention_dropout), v)
    elif (self).absent(added):
      mixed = torch.scaled_dot_product_attention(q, k, v, None, $attention_dropout, causal, scale=scale)
    else:
      total = (self).added_like(added, q)
      if causal:
        total = torch.masked_fill(total, (self).future(torch.size(q, 2), torch.size(k, 2), 0, q), (self).lowest(q))
      mixed = torch.scaled_dot_product_attention(q, k, v, total, $attention_dropout, False, scale=scale)
    return torch.flatten(torch.transpose(mixed, 1, 2), 2)

  # Whether key j lies behind query past + i: [queries, keys].
  def future(self: __torch__.Seq2Seq, queries: int, keys: int, past: int, like: Tensor) -> Tensor:
    device = ops.prim.device(like)
    rows = torch.unsqueeze(torch.arange(past, past + queries, dtype=4, device=device), 1)
    return torch.gt(torch.arange(keys, dtype=4, device=device), rows)

  # ------------------------------------------------------------------------------------------------------- once for a batch

  # [B, S], 1 = attend -> what is added to the scores, [B, 1, 1, S]; nothing if all is attended to.
  def mask(self: __torch__.Seq2Seq, attention_mask: Tensor) -> Tensor:
    hidden = torch.eq(attention_mask, 0)
    if bool(torch.any(hidden)):
      scores = torch.zeros(torch.size(hidden), dtype=6, device=ops.prim.device(hidden))
      added = torch.unsqueeze(torch.unsqueeze(torch.masked_fill(scores, hidden, $lowest), 1), 2)
    else:
      added = torch.empty([0])
    return added

  # Decoder inputs of labels or of tokens: each one place later, after the start; padding for what the loss ignores.
  def shift_right(self: __torch__.Seq2Seq, labels: Tensor, start: Tensor, padding: Tensor) -> Tensor:
    y = torch.to(labels, 4)
    shifted = torch.constant_pad_nd(torch.slice(y, 1, 0, -1), [1, 0], int(start))
    return torch.masked_fill(shifted, torch.eq(shifted, -100), int(padding))

  # ------------------------------------------------------------------------------------------------------------- embeddings

  # weights: tokens; learned positions, norm weight and bias, or three empty ones. The row of a padding index learns nothing.
  def embed(self: __torch__.Seq2Seq, ids: Tensor, weights: List[Tensor]) -> Tensor:
    return (self).embed_from(ids, weights, 0)

  def embed_from(self: __torch__.Seq2Seq, ids: Tensor, weights: List[Tensor], past: int) -> Tensor:
    x = (self).embedded(torch.to(ids, 4), weights, 0, $padding_row)
    if $embedding_scale != 1.0:
      x = torch.mul(x, $embedding_scale)
    x = (self).noisy(x)
    if torch.__not__((self).absent(weights[1])):
      first = past + $position_offset
      rows = torch.slice(weights[1], 0, first, first + torch.size(ids, 1))
      x = (self).norm(torch.add(x, rows), weights[2], weights[3])
    return (self).dropout(x, $hidden_dropout)

  # The bucket of the distance from query past + i to key j, [queries, keys]: half of them for one distance each, the others
  # for ranges that grow with the logarithm; if both directions count, half of the buckets for each.
  def buckets(self: __torch__.Seq2Seq, queries: int, keys: int, past: int, both: bool, like: Tensor) -> Tensor:
    device = ops.prim.device(like)
    rows = torch.unsqueeze(torch.arange(past, past + queries, dtype=4, device=device), 1)
    distance = torch.sub(torch.arange(keys, dtype=4, device=device), rows)
    count = $buckets
    first = torch.zeros_like(distance)
    if both:
      count = torch.floordiv(count, 2)
      first = torch.mul(torch.gt(distance, 0), count)
      distance = torch.abs(distance)
    else:
      distance = torch.neg(torch.clamp(distance, None, 0))
    exact = torch.floordiv(count, 2)
    share = torch.div(torch.log(torch.div(torch.to(distance, 6), exact)), torch.log(float($max_distance) / float(exact)))
    far = torch.add(torch.to(torch.mul(share, count - exact), 4), exact)
    return torch.add(first, torch.where(torch.lt(distance, exact), distance, torch.clamp(far, None, count - 1)))

  # table [buckets, N] -> [1, N, queries, keys]
  def distance_bias(self: __torch__.Seq2Seq, table: Tensor, queries: int, keys: int, past: int, both: bool) -> Tensor:
    values = torch.embedding(table, (self).buckets(queries, keys, past, both, table))
    return (self).full(torch.unsqueeze(torch.permute(values, [2, 0, 1]), 0))

  # What all layers of the encoder add to their scores: biases and mask.
  def encoder_bias(self: __torch__.Seq2Seq, x: Tensor, mask: Tensor, weights: List[Tensor]) -> Tensor:
    bias = (self).distance_bias(weights[0], torch.size(x, 1), torch.size(x, 1), 0, True)
    if torch.__not__((self).absent(mask)):
      bias = torch.add(bias, mask)
    return bias

  # The same for the decoder, which does not see what comes.
  def decoder_bias(self: __torch__.Seq2Seq, x: Tensor, mask: Tensor, weights: List[Tensor]) -> Tensor:
    bias = (self).distance_bias(weights[0], torch.size(x, 1), torch.size(x, 1), 0, False)
    bias = torch.masked_fill(bias, (self).future(torch.size(x, 1), torch.size(x, 1), 0, x), $lowest)
    if torch.__not__((self).absent(mask)):
      bias = torch.add(bias, mask)
    return bias

  # ----------------------------------------------------------------------------------------------------------------- layers
  # An attention has 10 weights: query, key, value, output, norm; each weight, bias. A feed-forward part has 7: up weight and
  # bias, gate, down weight and bias, norm weight and bias.

  def attention(self: __torch__.Seq2Seq, x: Tensor, memory: Tensor, added: Tensor, causal: bool, heads: int, scale: float,
                w: List[Tensor]) -> Tensor:
    q = (self).heads((self).linear(x, w, 0), heads)
    k = (self).heads((self).linear(memory, w, 2), heads)
    v = (self).heads((self).linear(memory, w, 4), heads)
    return (self).linear((self).attend(q, k, v, added, causal, scale), w, 6)

  def feed_forward(self: __torch__.Seq2Seq, x: Tensor, w: List[Tensor]) -> Tensor:
    entered = (self).enter(x, w[5], w[6])
    up = (self).activate((self).linear(entered, w, 0))
    if torch.__not__((self).absent(w[2])):
      up = torch.mul(up, (self).product(entered, w, 2, False))
    y = (self).linear((self).dropout(up, $activation_dropout), w, 3)
    return (self).leave(x, y, w[5], w[6])

  # added: mask and biases, broadcast to [B, N, S, S]. weights: attention, feed-forward
  def encoder_layer(self: __torch__.Seq2Seq, x: Tensor, added: Tensor, w: List[Tensor]) -> Tensor:
    entered = (self).enter(x, w[8], w[9])
    y = (self).attention(entered, entered, added, False, $encoder_heads, $scale, w)
    return (self).feed_forward((self).leave(x, y, w[8], w[9]), (self).part(w, 10, 17))

  # memory [B, S, H] is what the encoder returned, mask [B, 1, 1, S] hides its padding. added: biases, which then hide what comes,
  # or a mask, or nothing. weights: attention, attention to the memory, feed-forward
  def decoder_layer(self: __torch__.Seq2Seq, x: Tensor, memory: Tensor, added: Tensor, mask: Tensor, w: List[Tensor]) -> Tensor:
    entered = (self).enter(x, w[8], w[9])
    y = (self).attention(entered, entered, added, torch.__not__($distance_biases), $decoder_heads, $scale, w)
    x0 = (self).leave(x, y, w[8], w[9])
    crossing = (self).part(w, 10, 20)
    y0 = (self).attention((self).enter(x0, w[18], w[19]), memory, mask, False, $decoder_heads, $scale, crossing)
    return (self).feed_forward((self).leave(x0, y0, w[18], w[19]), (self).part(w, 20, 27))

  # The last norm of a stack.
  def last_norm(self: __torch__.Seq2Seq, x: Tensor, weights: List[Tensor]) -> Tensor:
    return (self).dropout((self).norm(x, weights[0], weights[1]), $hidden_dropout)

  # ------------------------------------------------------------------------------------------------------------------- head

  # weights: head, bias of the logits or empty
  def logits(self: __torch__.Seq2Seq, x: Tensor, weights: List[Tensor]) -> Tensor:
    y = x
    if $output_scale != 1.0:
      y = torch.mul(x, $output_scale)
    z = (self).product(y, weights, 0, False)
    if torch.__not__((self).absent(weights[1])):
      z = torch.add((self).cast(z, ops.prim.dtype(weights[1])), weights[1])
    return (self).full(z)

  # Logits [B, T, V], and the summed cross entropy against labels [B, T] with the number of labels that count.
  def loss(self: __torch__.Seq2Seq, x: Tensor, labels: Tensor, weights: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor]:
    logits = (self).logits(x, weights)
    y = (self).full(torch.flatten(logits, 0, 1))
    targets = torch.flatten(torch.to(labels, 4))
    return (logits, torch.cross_entropy_loss(y, targets, None, 2, -100, 0.0), torch.sum(torch.ne(targets, -100)))

  # --------------------------------------------------------------------------------------------------------------- generation
  # One call a token, outside of autograd. A cache [2, B, N, capacity, D] holds the keys and values of one layer; those of the
  # memory are made once.

  # weights: key, value; each weight, bias
  def memory_cache(self: __torch__.Seq2Seq, memory: Tensor, w: List[Tensor]) -> Tensor:
    k = (self).heads((self).linear(memory, w, 0), $decoder_heads)
    v = (self).heads((self).linear(memory, w, 2), $decoder_heads)
    return torch.stack([k, v])

  # Logits [B, V] of the last of T new positions; past positions are in the caches, which take the new ones. outer: as for embed();
  # table of distances or empty; last norm and its bias or empty; as for logits(). weights: 27 a layer, as for decoder_layer().
  def decode(self: __torch__.Seq2Seq, ids: Tensor, mask: Tensor, outer: List[Tensor], weights: List[Tensor],
             caches: List[Tensor], memories: List[Tensor], past: int) -> Tensor:
    x = (self).embed_from(ids, (self).part(outer, 0, 4), past)
    new = torch.size(ids, 1)
    total = past + new
    added = torch.slice(mask, 0, 0, 0)
    if torch.__not__((self).absent(outer[4])):
      added = (self).distance_bias(outer[4], new, total, past, False)
    if new > 1:
      if (self).absent(added):
        added = torch.zeros([1, 1, new, total], dtype=6, device=ops.prim.device(x))
      added = torch.masked_fill(added, (self).future(new, total, past, x), $lowest)
    for i in range(torch.len(caches)):
      w = (self).part(weights, i * 27, i * 27 + 27)
      entered = (self).enter(x, w[8], w[9])
      keys = torch.select(caches[i], 0, 0)
      values = torch.select(caches[i], 0, 1)
      copied = torch.copy_(torch.slice(keys, 2, past, total), (self).heads((self).linear(entered, w, 2), $decoder_heads))
      copied0 = torch.copy_(torch.slice(values, 2, past, total), (self).heads((self).linear(entered, w, 4), $decoder_heads))
      q = (self).heads((self).linear(entered, w, 0), $decoder_heads)
      y = (self).attend((self).cast(q, ops.prim.dtype(keys)), torch.slice(keys, 2, 0, total), torch.slice(values, 2, 0, total), added, False, $scale)
      x0 = (self).leave(x, (self).linear(y, w, 6), w[8], w[9])
      q0 = (self).heads((self).linear((self).enter(x0, w[18], w[19]), w, 10), $decoder_heads)
      y0 = (self).attend((self).cast(q0, ops.prim.dtype(memories[i])), torch.select(memories[i], 0, 0), torch.select(memories[i], 0, 1), mask, False, $scale)
      x1 = (self).leave(x0, (self).linear(y0, w, 16), w[18], w[19])
      x = (self).feed_forward(x1, (self).part(w, 20, 27))
    last = torch.slice(x, 1, -1)
    if torch.__not__((self).absent(outer[5])):
      last = (self).norm(last, outer[5], outer[6])
    return torch.squeeze((self).logits(last, (self).part(outer, 7, 9)), 1)

  def rows(self: __torch__.Seq2Seq, x: Tensor, rows: Tensor, dim: int) -> Tensor:
    return torch.index_select(x, dim, rows)

  # ------------------------------------------------------------------------------------------------------------- other heads
  # Each returns logits, the sum of the losses, and over how many it is taken.

  # How many of the texts [B, S] have no end.
  def endless(self: __torch__.Seq2Seq, ids: Tensor, end: Tensor) -> Tensor:
    return torch.sum(torch.logical_not(torch.any(torch.eq(ids, int(end)), 1)))

  # A text is judged where the decoder reads at the place of its last end. weights: dense weight, bias; out weight, bias
  def classify(self: __torch__.Seq2Seq, x: Tensor, ids: Tensor, labels: Tensor, end: Tensor, w: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor]:
    places = torch.arange(1, torch.size(ids, 1) + 1, dtype=4, device=ops.prim.device(ids))
    last = torch.argmax(torch.mul(places, torch.eq(ids, int(end))), 1)
    rows = torch.expand(torch.reshape(last, [-1, 1, 1]), [-1, 1, torch.size(x, 2)])
    text = (self).dropout(torch.squeeze(torch.gather(x, 1, rows), 1), $head_dropout)
    dense = (self).dropout(torch.tanh((self).linear(text, w, 0)), $head_dropout)
    logits = (self).full((self).linear(dense, w, 2))
    loss, weight, = (self).text_loss(logits, labels)
    return (logits, loss, weight)

  # weights: outputs weight, bias
  def span(self: __torch__.Seq2Seq, x: Tensor, starts: Tensor, ends: Tensor, w: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
    both = (self).full((self).linear(x, w, 0))
    return (self).spans(both, starts, ends)
