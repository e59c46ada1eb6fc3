class Decoder(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # Decoder-only language models, in TorchScript. Shapes: B batch, S positions of this call, T positions with the cache,
  # H hidden, N heads, K key-value heads, D head width, V vocabulary.
  #
  # Whatever a family lacks (a bias, the norm of the queries) is passed as an empty tensor. Numbers come as 0-dim
  # tensors on the CPU: a call within autograd takes nothing but tensors.

  # ---------------------------------------------------------------------------------------------------------- building blocks

  # The sum stays in the type of x. The cast is explicit because the compiled gradient of a sum does not promote.
  def residual(self: __torch__.Decoder, x: Tensor, y: Tensor) -> Tensor:
    return torch.add(x, (self).cast(y, ops.prim.dtype(x)))

  # LayerNorm with a bias; without one RMSNorm, whose weight Gemma stores minus one (offset 1). The sum is taken in float32:
  # beside 1, 16 bits would round the weight away.
  def norm(self: __torch__.Decoder, x: Tensor, weight: Tensor, bias: Tensor, eps: float, offset: float) -> Tensor:
    if (self).absent(bias):
      w = weight
      if offset != 0.0:
        w = torch.add((self).full(weight), offset)
      y = torch.rms_norm((self).cast(x, ops.prim.dtype(w)), [torch.size(x, -1)], w, eps)
    else:
      y = torch.layer_norm((self).cast(x, ops.prim.dtype(weight)), [torch.size(x, -1)], weight, bias, eps)
    return y

  # activation: 0 silu, 1 gelu (erf), 2 gelu (tanh), 3 relu
  def activate(self: __torch__.Decoder, x: Tensor, activation: int) -> Tensor:
    if activation == 0:
      y = torch.silu(x)
    elif activation == 1:
      y = torch.gelu(x)
    elif activation == 2:
      y = torch.gelu(x, approximate="tanh")
    elif activation == 3:
      y = torch.relu(x)
    else:
      y = x
      ops.prim.RaiseException("unknown activation")
    return y

  # Rotates pairs (i, i + D/2) of x [B, S, N, D] by the angles of table [2, B or 1, S, 1, D]: cosines, then sines of which the
  # first half is negated, so that the rotation is one roll and two products.
  def rotate(self: __torch__.Decoder, x: Tensor, table: Tensor) -> Tensor:
    if (self).absent(table):
      y = x
    else:
      wide = (self).cast(x, ops.prim.dtype(table))
      rolled = torch.roll(wide, [torch.floordiv(torch.size(x, -1), 2)], [-1])
      y = torch.addcmul(torch.mul(wide, torch.select(table, 0, 0)), rolled, torch.select(table, 0, 1))
    return y

  # The table of the first rows positions: [2, rows, 1, D] from the inverse frequencies [D/2].
  def rotary_table(self: __torch__.Decoder, inverse_frequencies: Tensor, rows: Tensor, factor: Tensor) -> Tensor:
    scaling = float(factor)
    positions = torch.arange(int(rows), dtype=6, device=ops.prim.device(inverse_frequencies))
    angles = torch.unsqueeze(torch.outer(positions, inverse_frequencies), 1)
    cos = torch.mul(torch.cos(angles), scaling)
    sin = torch.mul(torch.sin(angles), scaling)
    return torch.stack([torch.cat([cos, cos], -1), torch.cat([torch.neg(sin), sin], -1)])

  # The rows of a table for positions [B, S] (or [S], for all rows alike): [2, B or 1, S, 1, D].
  def rotary_rows(self: __torch__.Decoder, table: Tensor, positions: Tensor) -> Tensor:
    shape = torch.add([2], torch.size(positions))
    if torch.dim(positions) == 1:
      shape = torch.add([2, 1], torch.size(positions))
    rows = torch.index_select(table, 1, torch.reshape(torch.to(positions, 4), [-1]))
    return torch.reshape(rows, torch.add(shape, [1, torch.size(table, -1)]))

  # ---------------------------------------------------------------------------------------------------------------- attention

  # Whether position past + i may see position j: [B or 1, 1, S, T]. attention_mask [B, T] or empty (all seen); window 0 = none.
  # A row that may see nothing (padding on the left) gets zeros from the attention, as in transformers.
  def mask(self: __torch__.Decoder, attention_mask: Tensor, like: Tensor, length: int, past: int,
           window: int) -> Tensor:
    total = past + length
    device = ops.prim.device(like)
    rows = torch.unsqueeze(torch.arange(past, total, dtype=4, device=device), 1)
    columns = torch.arange(total, dtype=4, device=device)
    seen = torch.le(columns, rows)
    if window > 0:
      seen = torch.logical_and(seen, torch.gt(columns, torch.sub(rows, window)))
    seen = torch.unsqueeze(torch.unsqueeze(seen, 0), 0)
    if torch.__not__((self).absent(attention_mask)):
      seen = torch.logical_and(seen, torch.unsqueeze(torch.unsqueeze(torch.ne(attention_mask, 0), 1), 1))
    return seen

  # The mask of a whole batch of ids [B, S].
  def training_mask(self: __torch__.Decoder, ids: Tensor, attention_mask: Tensor, length: Tensor, window: Tensor) -> Tensor:
    return (self).mask(attention_mask, ids, int(length), 0, int(window))

  def hides_nothing(self: __torch__.Decoder, attention_mask: Tensor) -> Tensor:
    return torch.all(torch.ne(attention_mask, 0))

  # q [B, N, S, D]; k, v [B, K, T, D]; mask [B or 1, 1, S, T] or empty. Returns [B, N, S, D].
  def scores(self: __torch__.Decoder, q: Tensor, k: Tensor, v: Tensor, mask: Tensor, causal: bool, dropout: float,
             scale: float) -> Tensor:
    groups = torch.floordiv(torch.size(q, 1), torch.size(k, 1))
    # Norms and rotations may have left queries and keys in a wider type than the values.
    queries = (self).cast(q, ops.prim.dtype(v))
    keys = (self).cast(k, ops.prim.dtype(v))
    values = v
    if groups > 1:
      keys = (self).repeat(keys, groups)
      values = (self).repeat(v, groups)
    by_hand = False
    if dropout > 0.0:
      # The fused kernel of the CPU has no dropout.
      by_hand = ops.prim.is_cpu(q)
    if by_hand:
      y = (self).dropped_attention(queries, keys, values, mask, causal, dropout, scale)
    elif (self).absent(mask):
      y = torch.scaled_dot_product_attention(queries, keys, values, None, dropout, causal, scale=scale)
    else:
      y = torch.scaled_dot_product_attention(queries, keys, values, mask, dropout, False, scale=scale)
    return y

  def dropped_attention(self: __torch__.Decoder, q: Tensor, k: Tensor, v: Tensor, mask: Tensor, causal: bool, dropout: float,
                        scale: float) -> Tensor:
    if (self).absent(mask):
      # One product scales, hides the future and has no row that sees nothing: fewer passes over the scores.
      s, t = torch.size(q, 2), torch.size(k, 2)
      future = torch.zeros([s, t], dtype=ops.prim.dtype(q), device=ops.prim.device(q))
      if causal:
        future = torch.triu(torch.full_like(future, float("-inf")), 1 + t - s)
      scores = torch.baddbmm(future, torch.flatten(q, 0, 1), torch.transpose(torch.flatten(k, 0, 1), 1, 2), beta=1, alpha=scale)
      mixed = torch.bmm((self).drop(torch.softmax(scores, -1), dropout), torch.flatten(v, 0, 1))
      y = torch.view(mixed, torch.size(q))
    else:
      scores = torch.matmul(torch.mul(q, scale), torch.transpose(k, -2, -1))
      scores = torch.masked_fill(scores, torch.logical_not(mask), float("-inf"))
      y = torch.matmul((self).drop(torch._safe_softmax(scores, -1), dropout), v)
    return y

  # [B, K, T, D] to [B, K * groups, T, D], each head repeated.
  def repeat(self: __torch__.Decoder, x: Tensor, groups: int) -> Tensor:
    b, k, t, d = torch.size(x, 0), torch.size(x, 1), torch.size(x, 2), torch.size(x, 3)
    return torch.reshape(torch.expand(torch.unsqueeze(x, 2), [b, k, groups, t, d]), [b, k * groups, t, d])

  # Causal attention of q [B, S, N, D] to k, v [B, S, K, D]. lengths: of the documents in the batch read row after row (int64 on the
  # CPU), or empty: then each row is one document, and mask says what else is not seen.
  def attend(self: __torch__.Decoder, q: Tensor, k: Tensor, v: Tensor, mask: Tensor, lengths: Tensor, window: int,
             dropout: float, scale: float) -> Tensor:
    shape = torch.size(q)
    width = shape[2] * shape[3]
    if (self).absent(lengths):
      y = (self).scores(torch.transpose(q, 1, 2), torch.transpose(k, 1, 2), torch.transpose(v, 1, 2), mask, True, dropout, scale)
      y = torch.transpose(y, 1, 2)
    else:
      sizes = annotate(List[int], [])
      for i in range(torch.numel(lengths)):
        sizes = torch.append(sizes, int(torch.select(lengths, 0, i)))
      # Splitting has a cheap gradient, one concatenation; slices would each give one as long as the batch.
      qs = torch.split_with_sizes(torch.flatten(q, 0, 1), sizes)
      ks = torch.split_with_sizes(torch.flatten(k, 0, 1), sizes)
      vs = torch.split_with_sizes(torch.flatten(v, 0, 1), sizes)
      parts = annotate(List[Tensor], [])
      for i in range(torch.len(sizes)):
        local = mask
        if window > 0:
          if sizes[i] > window:
            local = (self).mask(torch.slice(q, 0, 0, 0), q, sizes[i], 0, window)
        part = (self).scores((self).heads_first(qs[i]), (self).heads_first(ks[i]), (self).heads_first(vs[i]), local, True, dropout, scale)
        parts = torch.append(parts, torch.transpose(torch.squeeze(part, 0), 0, 1))
      y = torch.cat(parts)
    return torch.reshape(y, [shape[0], shape[1], width])

  def heads_first(self: __torch__.Decoder, x: Tensor) -> Tensor:
    return torch.unsqueeze(torch.transpose(x, 0, 1), 0)

  # ------------------------------------------------------------------------------------------------------------------- layers

  # One layer: x plus attention of its norm, plus the feed-forward part of the norm of that. 20 weights, weight and bias by turns,
  # with empty tensors for what a family lacks: 0 attention norm, 2 query (or query, key and value in one, as in GPT-2),
  # 4 key, 6 value, 8 norm of the queries, 9 of the keys, 10 output; 12 feed-forward norm, 14 gate, 16 up, 18 down.
  # options: 0 heads, 1 key-value heads, 2 head width, 3 eps, 4 norm offset, 5 activation, 6 conv, 7 scale of the scores,
  # 8 window, 9 attention dropout, 10 residual dropout
  def layer(self: __torch__.Decoder, x: Tensor, table: Tensor, mask: Tensor, lengths: Tensor, options: Tensor,
            weights: List[Tensor]) -> Tensor:
    o = (self).numbers(options)
    q, k, v = (self).heads(x, table, (self).part(weights, 0, 10), o)
    y = (self).attend(q, k, v, mask, lengths, int(o[8]), o[9], o[7])
    return (self).finish(x, y, (self).part(weights, 10, 20), o)

  def numbers(self: __torch__.Decoder, options: Tensor) -> List[float]:
    numbers = annotate(List[float], [])
    for i in range(torch.numel(options)):
      numbers = torch.append(numbers, float(torch.select(options, 0, i)))
    return numbers

  # The rotated queries [B, S, N, D], keys and values [B, S, K, D] of x; w: the first ten weights of a layer.
  def heads(self: __torch__.Decoder, x: Tensor, table: Tensor, w: List[Tensor], o: List[float]) -> Tuple[Tensor, Tensor, Tensor]:
    b, s = torch.size(x, 0), torch.size(x, 1)
    n, kv, d = int(o[0]), int(o[1]), int(o[2])
    conv = o[6] != 0.0
    h = (self).norm(x, w[0], w[1], o[3], o[4])
    q = (self).project(h, w, 2, conv)
    if (self).absent(w[4]):
      fused = torch.split_with_sizes(q, [n * d, kv * d, kv * d], -1)
      q = fused[0]
      k = fused[1]
      v = fused[2]
    else:
      k = (self).project(h, w, 4, conv)
      v = (self).project(h, w, 6, conv)
    q = torch.reshape(q, [b, s, n, d])
    k = torch.reshape(k, [b, s, kv, d])
    v = torch.reshape(v, [b, s, kv, d])
    if torch.__not__((self).absent(w[8])):
      q = (self).norm(q, w[8], torch.slice(x, 0, 0, 0), o[3], o[4])
      k = (self).norm(k, w[9], torch.slice(x, 0, 0, 0), o[3], o[4])
    return ((self).rotate(q, table), (self).rotate(k, table), v)

  # What follows the attention y [B, S, N * D]; w: the last ten weights of a layer.
  def finish(self: __torch__.Decoder, x: Tensor, y: Tensor, w: List[Tensor], o: List[float]) -> Tensor:
    conv = o[6] != 0.0
    h = (self).residual(x, (self).drop((self).project(y, w, 0, conv), o[10]))
    z = (self).norm(h, w[2], w[3], o[3], o[4])
    if (self).absent(w[4]):
      f = (self).activate((self).project(z, w, 6, conv), int(o[5]))
    else:
      f = torch.mul((self).activate((self).project(z, w, 4, conv), int(o[5])), (self).project(z, w, 6, conv))
    return (self).residual(h, (self).drop((self).project(f, w, 8, conv), o[10]))

  # Dropout. On the CPU the random numbers are most of its cost: one draw of 64 bits decides for four elements, by 16 bits each,
  # so that rates are multiples of 1/65536.
  def drop(self: __torch__.Decoder, x: Tensor, p: float) -> Tensor:
    y = x
    if p > 0.0:
      if ops.prim.is_cpu(x):
        n = torch.numel(x)
        dropped = int(p * 65536.0 + 0.5)
        words = torch.empty([torch.floordiv(n + 3, 4)], dtype=4)
        words = torch.random_(words, -9223372036854775807 - 1, None)
        draws = torch.reshape(torch.slice(torch.view_copy(words, dtype=2), 0, 0, n), torch.size(x))
        # Numbers at and above the threshold become the scale and those below become 0 by arithmetic, which is vectorised;
        # comparing and converting booleans is not.
        scale = 65536.0 / (65536.0 - float(dropped))
        kept = torch.mul_(torch.sub_(torch.to(draws, 6), float(dropped) - 32768.5), 4.0 * scale)
        kept = torch.clamp_(kept, 0.0, scale)
        if ops.prim.dtype(x) != 6:
          kept = torch.to(kept, ops.prim.dtype(x))
        y = torch.mul(x, kept)
      else:
        y = torch.dropout(x, p, True)
    return y

  # The embeddings [B, S, H] of ids [B, S], times scale, which is rounded to their type as in transformers. weights: token embeddings, learned position embeddings or empty,
  # looked up by positions [B, S] or [S].
  def embed(self: __torch__.Decoder, ids: Tensor, positions: Tensor, scale: Tensor, dropout: Tensor,
            weights: List[Tensor]) -> Tensor:
    x = (self).embedded(ids, weights, 0, -1)
    factor = float((self).cast(scale, ops.prim.dtype(x)))
    if factor != 1.0:
      x = torch.mul(x, factor)
    x = (self).noisy(x)
    if torch.__not__((self).absent(weights[1])):
      x = torch.add(x, (self).embedded(positions, weights, 1, -1))
    return (self).drop(x, float(dropout))

  # -------------------------------------------------------------------------------------------------------------------- heads

  # Logits [B, S, V] of the hidden states. options as for a layer; weights: last norm, its bias, head.
  def logits(self: __torch__.Decoder, x: Tensor, options: Tensor, weights: List[Tensor]) -> Tensor:
    o = (self).numbers(options)
    h = (self).norm(x, weights[0], weights[1], o[3], o[4])
    return (self).full((self).product(h, weights, 2, False))

  # Logits, and the summed cross entropy of position i against label i + 1 with the number of labels that count. The labels
  # are shifted, not the logits: those are never copied. lengths of documents as for a layer: none predicts the next one.
  def causal_loss(self: __torch__.Decoder, x: Tensor, labels: Tensor, lengths: Tensor, options: Tensor,
                  weights: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor]:
    logits = (self).logits(x, options, weights)
    targets = (self).shifted(labels, lengths)
    loss = torch.cross_entropy_loss((self).full(torch.flatten(logits, 0, 1)), targets, None, 2, -100, 0.0)
    return (logits, loss, torch.sum(torch.ne(targets, -100)))

  # The same with the log-likelihood of each label times its likelihood, which takes part in no gradient (dynamic fine-tuning).
  def causal_dft_loss(self: __torch__.Decoder, x: Tensor, labels: Tensor, lengths: Tensor, options: Tensor,
               weights: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor]:
    logits = (self).logits(x, options, weights)
    targets = (self).shifted(labels, lengths)
    each = torch.cross_entropy_loss((self).full(torch.flatten(logits, 0, 1)), targets, None, 0, -100, 0.0)
    loss = torch.sum(torch.mul(each, torch.detach(torch.exp(torch.neg(each)))))
    return (logits, loss, torch.sum(torch.ne(targets, -100)))

  # Outside of autograd: the summed entropy of the logits whose labels count, and how often the label is the likeliest token.
  def observe(self: __torch__.Decoder, logits: Tensor, labels: Tensor, lengths: Tensor, rows: Tensor) -> Tuple[Tensor, Tensor]:
    targets = (self).shifted(labels, lengths)
    places = torch.flatten(torch.nonzero(torch.ne(targets, -100)))
    flat = torch.flatten(logits, 0, 1)
    entropy = torch.zeros([], dtype=6, device=ops.prim.device(logits))
    correct = torch.zeros([], dtype=6, device=ops.prim.device(logits))
    step = int(rows)
    n = torch.numel(places)
    for i in range(torch.floordiv(n + step - 1, step)):
      some = torch.slice(places, 0, i * step, min(n, i * step + step))
      y = torch.index_select(flat, 0, some)
      correct = torch.add(correct, torch.sum(torch.eq(torch.argmax(y, 1), torch.index_select(targets, 0, some))))
      z = torch.log_softmax(y, 1, 6)
      entropy = torch.sub(entropy, torch.sum(torch.mul_(z, torch.exp(z))))
    return (entropy, correct)

  # The states [n, H] of the places whose targets [T] count, normed, and these targets [n].
  def trained_states(self: __torch__.Decoder, x: Tensor, targets: Tensor, options: Tensor,
                     weights: List[Tensor]) -> Tuple[Tensor, Tensor]:
    o = (self).numbers(options)
    places = torch.flatten(torch.nonzero(torch.ne(targets, -100)))
    states = torch.index_select(torch.flatten(x, 0, 1), 0, places)
    return ((self).norm(states, weights[0], weights[1], o[3], o[4]), torch.index_select(targets, 0, places))

  # The summed cross entropy of the places whose targets count and their number, without logits of the others; then the logarithms of
  # the likelihoods [n, V] and the targets [n] of these places.
  def trained_loss(self: __torch__.Decoder, x: Tensor, targets: Tensor, options: Tensor,
                   weights: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
    states, wanted, = (self).trained_states(x, targets, options, weights)
    logs = torch.log_softmax((self).full((self).product(states, weights, 2, False)), 1)
    loss = torch.nll_loss(logs, wanted, None, 2, -100)
    return (loss, torch.tensor(torch.numel(wanted), dtype=4, device=ops.prim.device(x)), logs, wanted)

  # The same with each log-likelihood times the likelihood, as in causal_dft_loss.
  def trained_dft_loss(self: __torch__.Decoder, x: Tensor, targets: Tensor, options: Tensor,
                       weights: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
    states, wanted, = (self).trained_states(x, targets, options, weights)
    logs = torch.log_softmax((self).full((self).product(states, weights, 2, False)), 1)
    each = torch.nll_loss(logs, wanted, None, 0, -100)
    loss = torch.sum(torch.mul(each, torch.detach(torch.exp(torch.neg(each)))))
    return (loss, torch.tensor(torch.numel(wanted), dtype=4, device=ops.prim.device(x)), logs, wanted)

  # Outside of autograd: the summed entropy of logarithms of likelihoods [n, V], and how often the target [n] is the likeliest token.
  def observe_trained(self: __torch__.Decoder, logs: Tensor, wanted: Tensor, rows: Tensor) -> Tuple[Tensor, Tensor]:
    entropy = torch.zeros([], dtype=6, device=ops.prim.device(logs))
    correct = torch.zeros([], dtype=6, device=ops.prim.device(logs))
    step = int(rows)
    n = torch.numel(wanted)
    for i in range(torch.floordiv(n + step - 1, step)):
      end = min(n, i * step + step)
      z = torch.slice(logs, 0, i * step, end)
      correct = torch.add(correct, torch.sum(torch.eq(torch.argmax(z, 1), torch.slice(wanted, 0, i * step, end))))
      entropy = torch.sub(entropy, torch.sum(torch.mul_(torch.exp(z), z)))
    return (entropy, correct)

  # Outside of autograd: the summed cross entropy of the logits of states [n, H] and labels [n], n, the summed entropy, how often the
  # label is the likeliest token, and the gradients of the loss for the states and for the projection [V, H], float32. Of logits there
  # are rows at a time, in two buffers. gradients: 0 for none, 1 for that of the states, 2 for both.
  def chunked_loss(self: __torch__.Decoder, states: Tensor, labels: Tensor, rows: Tensor, gradients: Tensor,
                   weights: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    type = (self).product_type(weights[2])
    w = (self).cast(weights[2], type)
    h = (self).cast(states, type)
    # In float16 likelihoods would be too small for a number.
    exact = type
    if type == 5:
      exact = 6
    device = ops.prim.device(states)
    loss = torch.zeros([], dtype=6, device=device)
    entropy = torch.zeros([], dtype=6, device=device)
    correct = torch.zeros([], dtype=6, device=device)
    which = int(gradients)
    of_states = torch.zeros([0], dtype=6, device=device)
    of_projection = torch.zeros([0], dtype=6, device=device)
    back = w
    if which > 0:
      of_states = torch.zeros(torch.size(states), dtype=6, device=device)
      back = (self).cast(weights[2], exact)
    if which > 1:
      of_projection = torch.zeros(torch.size(w), dtype=6, device=device)
    n = torch.numel(labels)
    step = min(n, int(rows))
    logits = torch.empty([step, torch.size(w, 0)], dtype=6, device=device)
    logs = torch.empty_like(logits)
    for i in range(torch.floordiv(n + step - 1, max(1, step))):
      end = min(n, i * step + step)
      part = torch.slice(h, 0, i * step, end)
      wanted = torch.unsqueeze(torch.slice(labels, 0, i * step, end), 1)
      y = torch.slice(logits, 0, 0, end - i * step)
      z = torch.slice(logs, 0, 0, end - i * step)
      if type == 6:
        y = torch.mm(part, torch.t(w), out=y)
      else:
        y = torch.copy_(y, torch.mm(part, torch.t(w)))
      correct = torch.add(correct, torch.sum(torch.eq(torch.argmax(y, 1, True), wanted)))
      z = torch.log_softmax(y, 1, out=z)
      loss = torch.sub(loss, torch.sum(torch.gather(z, 1, wanted)))
      p = torch.exp(z, out=y)
      entropy = torch.sub(entropy, torch.sum(torch.mul_(z, p)))
      if which > 0:
        p = torch.scatter_add_(p, 1, wanted, torch.full_like(wanted, -1.0, dtype=6))
        p = (self).cast(p, exact)
        copied = torch.copy_(torch.slice(of_states, 0, i * step, end), torch.mm(p, back))
        if which > 1:
          if exact == 6:
            added = torch.addmm_(of_projection, torch.t(p), (self).cast(part, 6))
          else:
            added = torch.add_(of_projection, torch.mm(torch.t(p), part))
    count = torch.tensor(n, dtype=4, device=device)
    return (loss, count, entropy, correct, of_states, of_projection)

  # A loss with the gradients that were computed elsewhere: it is added what is 0 and has them.
  def with_gradients(self: __torch__.Decoder, loss: Tensor, states: Tensor, of_states: Tensor, of_projection: Tensor,
                     weights: List[Tensor]) -> Tensor:
    y = torch.sum(torch.mul((self).full(states), of_states))
    if torch.__not__((self).absent(of_projection)):
      y = torch.add(y, torch.dot(torch.flatten((self).full(weights[2])), torch.flatten(of_projection)))
    return torch.add(loss, torch.sub(y, torch.detach(y)))

  # Logits [B, labels] at the last position that is not padding. padding: the id that pads; if negative, the last position
  # that attention_mask [B, S] does not hide, or simply the last where it is empty.
  def pooled(self: __torch__.Decoder, x: Tensor, ids: Tensor, attention_mask: Tensor, padding: Tensor, options: Tensor,
             weights: List[Tensor]) -> Tensor:
    pad = int(padding)
    last = torch.full([torch.size(ids, 0)], torch.size(ids, 1) - 1, dtype=4, device=ops.prim.device(x))
    steps = torch.arange(torch.size(ids, 1), dtype=4, device=ops.prim.device(x))
    if pad >= 0:
      last = torch.amax(torch.mul(steps, torch.ne(ids, pad)), [1])
    elif torch.__not__((self).absent(attention_mask)):
      last = torch.amax(torch.mul(steps, torch.ne(attention_mask, 0)), [1])
    index = torch.expand(torch.reshape(last, [-1, 1, 1]), [-1, 1, torch.size(x, 2)])
    return torch.squeeze((self).logits(torch.gather(x, 1, index), options, weights), 1)

  # The logits of pooled() with their summed loss and its weight. problem: transformers' problem_type, 1 single label, 2 multi
  # label, 3 regression; 0 to infer it from the number of labels and their type.
  def classify(self: __torch__.Decoder, x: Tensor, ids: Tensor, labels: Tensor, attention_mask: Tensor, padding: Tensor,
               problem: Tensor, options: Tensor, weights: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor]:
    logits = (self).pooled(x, ids, attention_mask, padding, options, weights)
    y = (self).full(logits)
    kind = int(problem)
    if kind == 0:
      if torch.size(y, 1) == 1:
        kind = 3
      elif torch.is_floating_point(labels):
        kind = 2
      else:
        kind = 1
    if kind == 3:
      loss = torch.mse_loss(y, torch.reshape(torch.to(labels, ops.prim.dtype(y)), torch.size(y)), 2)
      weight = torch.tensor(torch.numel(y))
    elif kind == 2:
      loss = torch.binary_cross_entropy_with_logits(y, torch.to(labels, ops.prim.dtype(y)), None, None, 2)
      weight = torch.tensor(torch.numel(y))
    else:
      targets = torch.reshape(torch.to(labels, 4), [-1])
      loss = torch.cross_entropy_loss(y, targets, None, 2, -100, 0.0)
      weight = torch.sum(torch.ne(targets, -100))
    return (logits, loss, weight)

  def shifted(self: __torch__.Decoder, labels: Tensor, lengths: Tensor) -> Tensor:
    rest = torch.slice(torch.to(labels, 4), 1, 1)
    targets = torch.flatten(torch.constant_pad_nd(rest, [0, 1], -100))
    if torch.__not__((self).absent(lengths)):
      ends = torch.sub(torch.cumsum(lengths, 0), 1)
      targets = torch.index_fill(targets, 0, torch.to(ends, ops.prim.device(labels), 4), -100)
    return targets

  # ----------------------------------------------------------------------------------------------------------------- documents

  # The lengths of the documents in the batch read row after row: one begins where a row does, or where a position [B, S] (or
  # [S], for all rows alike) is not one more than the one before.
  def document_lengths(self: __torch__.Decoder, ids: Tensor, positions: Tensor) -> Tensor:
    p = torch.contiguous(torch.expand_as(torch.to(positions, 4), ids))
    begins = torch.ones_like(p, dtype=11)
    torch.copy_(torch.slice(begins, 1, 1), torch.ne(torch.slice(p, 1, 1), torch.add(torch.slice(p, 1, 0, -1), 1)))
    starts = torch.flatten(torch.nonzero(torch.flatten(begins)))
    bounds = torch.cat([starts, torch.tensor([torch.numel(p)], dtype=4, device=ops.prim.device(p))])
    lengths = torch.sub(torch.slice(bounds, 0, 1), torch.slice(bounds, 0, 0, -1))
    return torch.to(lengths, torch.device("cpu"), 4)

  # The lengths between bounds [documents + 1], as in cu_seq_lens.
  def bounded_lengths(self: __torch__.Decoder, bounds: Tensor) -> Tensor:
    b = torch.to(bounds, torch.device("cpu"), 4)
    return torch.sub(torch.slice(b, 0, 1), torch.slice(b, 0, 0, -1))

  # Positions [B, S] that begin anew with every document.
  def restarting_positions(self: __torch__.Decoder, ids: Tensor, lengths: Tensor) -> Tensor:
    ends = torch.cumsum(lengths, 0)
    starts = torch.repeat_interleave(torch.sub(ends, lengths), lengths)
    positions = torch.sub(torch.arange(torch.numel(ids), dtype=4), starts)
    return torch.to(torch.reshape(positions, torch.size(ids)), ops.prim.device(ids), 4)

  # ------------------------------------------------------------------------------------------------------------------- padding

  # Where the tokens stand that attention_mask [B, S] does not hide, in the batch read row after row; empty if fewer than one in
  # eight is hidden, or if the output of a hidden one counts: if labels [B, S] have a label behind it.
  def kept_places(self: __torch__.Decoder, attention_mask: Tensor, labels: Tensor) -> Tensor:
    hidden = torch.eq(attention_mask, 0)
    foretold = torch.ne(torch.slice(labels, 1, 1), -100)
    counts = bool(torch.any(torch.logical_and(torch.slice(hidden, 1, 0, -1), foretold)))
    few = int(torch.sum(hidden)) * 8 < torch.numel(hidden)
    places = torch.flatten(torch.nonzero(torch.logical_not(torch.flatten(hidden))))
    if torch.__or__(counts, few):
      places = torch.slice(places, 0, 0, 0)
    return places

  # The ids [1, T] at places [T], their positions [1, T] in their rows, and the targets [T] of labels [B, S] there.
  def kept(self: __torch__.Decoder, ids: Tensor, labels: Tensor, places: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    tokens = torch.index_select(torch.flatten(ids), 0, places)
    targets = torch.index_select((self).shifted(labels, torch.slice(places, 0, 0, 0)), 0, places)
    return (torch.unsqueeze(tokens, 0), torch.unsqueeze(torch.remainder(places, torch.size(ids, 1)), 0), targets)

  # The targets [B * S] of labels [B, S]; empty if fewer than one in eight does not count.
  def sparse_targets(self: __torch__.Decoder, labels: Tensor, lengths: Tensor) -> Tensor:
    targets = (self).shifted(labels, lengths)
    if int(torch.sum(torch.eq(targets, -100))) * 8 < torch.numel(targets):
      targets = torch.slice(targets, 0, 0, 0)
    return targets

  # How many tokens of each row are kept; a row of none is left out.
  def kept_lengths(self: __torch__.Decoder, attention_mask: Tensor) -> Tensor:
    lengths = torch.to(torch.sum(torch.ne(attention_mask, 0), [1]), torch.device("cpu"), 4)
    return torch.index_select(lengths, 0, torch.flatten(torch.nonzero(lengths)))

  # --------------------------------------------------------------------------------------------------------------- generation
  # One call a token, outside of autograd. A cache [2, B, K, capacity, D] holds the keys and values of one layer.

  # Logits [B, V] of the last of S new positions; past positions are in the caches, which take the new ones. attention_mask
  # [B, past + S] or empty; positions [B, S]; table [2, length, 1, D] or empty; weights: 20 a layer, in the order of layer();
  # options: 11 a layer; outer: token embeddings, learned positions, last norm and its bias, head.
  def decode(self: __torch__.Decoder, ids: Tensor, positions: Tensor, attention_mask: Tensor, table: Tensor,
             outer: List[Tensor], weights: List[Tensor], options: List[float], caches: List[Tensor], past: int,
             scale: Tensor) -> Tensor:
    x = (self).embed(ids, positions, scale, torch.zeros_like(scale), (self).part(outer, 0, 2))
    s = torch.size(ids, 1)
    rows = table
    if torch.__not__((self).absent(table)):
      rows = (self).rotary_rows(table, positions)
    mask = torch.slice(attention_mask, 0, 0, 0)
    masked_window = -1
    for i in range(torch.len(caches)):
      o = torch.slice(options, i * 11, i * 11 + 11)
      w = (self).part(weights, i * 20, i * 20 + 20)
      q, k, v = (self).heads(x, rows, (self).part(w, 0, 10), o)
      window = int(o[8])
      if window != masked_window:
        mask = (self).decoding_mask(attention_mask, x, s, past, window)
        masked_window = window
      y = (self).attend_cache(torch.transpose(q, 1, 2), k, v, caches[i], mask, past, o[7])
      x = (self).finish(x, y, (self).part(w, 10, 20), o)
    last = torch.slice(x, 1, -1)
    h = (self).norm(last, outer[2], outer[3], options[3], options[4])
    return torch.squeeze((self).full((self).product(h, outer, 4, False)), 1)

  # Empty where plain causal attention sees the right positions.
  def decoding_mask(self: __torch__.Decoder, attention_mask: Tensor, x: Tensor, s: int, past: int, window: int) -> Tensor:
    total = past + s
    needed = torch.__not__((self).absent(attention_mask))
    if window > 0:
      if total > window:
        needed = True
    if s > 1:
      if past > 0:
        needed = True
    if needed:
      mask = (self).mask(attention_mask, x, s, past, window)
    else:
      mask = torch.empty([0], device=ops.prim.device(x))
    return mask

  # q [B, N, S, D]; k, v [B, S, K, D] enter the cache. Returns [B, S, N * D].
  def attend_cache(self: __torch__.Decoder, q: Tensor, k: Tensor, v: Tensor, cache: Tensor, mask: Tensor, past: int,
                   scale: float) -> Tensor:
    b, n, s, d = torch.size(q, 0), torch.size(q, 1), torch.size(q, 2), torch.size(q, 3)
    heads = torch.size(k, 2)
    total = past + s
    query = (self).cast(q, ops.prim.dtype(cache))
    keys = torch.select(cache, 0, 0)
    values = torch.select(cache, 0, 1)
    copied = torch.copy_(torch.slice(keys, 2, past, total), torch.transpose(k, 1, 2))
    copied0 = torch.copy_(torch.slice(values, 2, past, total), torch.transpose(v, 1, 2))
    seen_keys = torch.slice(keys, 2, 0, total)
    seen_values = torch.slice(values, 2, 0, total)
    if s == 1:
      # The query heads of one group are rows of one attention: the cache is not repeated for them.
      grouped = torch.reshape(query, [b, heads, torch.floordiv(n, heads), d])
      y = torch.reshape((self).scores(grouped, seen_keys, seen_values, mask, False, 0.0, scale), [b, 1, n * d])
    else:
      y = (self).scores(query, seen_keys, seen_values, mask, True, 0.0, scale)
      y = torch.reshape(torch.transpose(y, 1, 2), [b, s, n * d])
    return y
