class Kernels(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # Every kernel of the library, in TorchScript. Formulas are PyTorch's (torch.optim, torch.nn.utils.clip_grad_norm_),
  # transformers' (Adafactor), and those of the papers that Optimizers names.
  #
  # Gradients are passed in as arrays of their own. A kernel that read p.grad would have its changes in place removed:
  # the compiler takes p.grad for a fresh value, and a change to what nobody reads again for dead code. For the same
  # reason a _foreach_ operator that changes the tensors of a list made in the kernel needs something else to read the list;
  # tensors of a list that was passed in, or one by one, may be changed freely.

  # ------------------------------------------------------------------------------------------------- one whole update

  # Divide by the weight (known and the sum of weights) and scale, clip and step in one call. Returns the norm before
  # clipping, the sum of the losses, 1.0 if the step was taken, and the weight. With guard, a norm or loss that is not
  # finite leaves parameters and gradients as they were, so that somebody can still look for the culprit. So does a
  # weight of 0.
  #
  # Numbers are computed as numbers. Next to a small model each operator on a scalar tensor shows.
  def advance(self: __torch__.Kernels, kind: str, params: List[Tensor], grads: List[Tensor], slots: List[Tensor],
              counters: List[Tensor], group_ends: List[int], options: List[float], rates: List[float],
              decays: List[float], losses: List[Tensor], weights: List[Tensor], known: float, scale: float,
              max_norm: float, guard: bool) -> List[float]:
    sums = (self).sums(grads, losses, weights)
    weight = known + sums[2]
    loss = sums[1]
    norm = 0.0
    taken = 0.0
    if weight != 0.0:
      inverse = 1.0 / (weight * scale)
      norm = sums[0] * inverse
      taken = (self).allowed(norm, loss, guard)
      if taken == 1.0:
        (self).step(kind, params, grads, slots, counters, group_ends, options, rates, decays,
                    (self).divisor(norm, inverse, max_norm))
    return [norm, loss, taken, weight]

  # The same with gradients that add up in p.grad, which are zeroed for the next update.
  def update(self: __torch__.Kernels, kind: str, params: List[Tensor], grads: List[Tensor], slots: List[Tensor],
             counters: List[Tensor], group_ends: List[int], options: List[float], rates: List[float],
             decays: List[float], losses: List[Tensor], weights: List[Tensor], known: float, scale: float,
             max_norm: float, guard: bool) -> List[float]:
    outcome = (self).advance(kind, params, grads, slots, counters, group_ends, options, rates, decays, losses,
                             weights, known, scale, max_norm, guard)
    if outcome[2] == 1.0:
      torch._foreach_zero_(grads)
    return outcome

  # The same with fresh gradients (grad), for the parameters that have one.
  def update_fresh(self: __torch__.Kernels, kind: str, params: List[Tensor], grads: List[Tensor], slots: List[Tensor],
                   counters: List[Tensor], group_ends: List[int], options: List[float], rates: List[float],
                   decays: List[float], losses: List[Tensor], weights: List[Tensor], known: float, scale: float,
                   max_norm: float, guard: bool) -> List[float]:
    n = torch.len(params)
    present = annotate(List[int], [])
    ends = annotate(List[int], [])
    start = 0
    for group in range(torch.len(group_ends)):
      for i in range(start, group_ends[group]):
        if torch.numel(grads[i]) > 0:
          present = torch.append(present, i)
      start = group_ends[group]
      ends = torch.append(ends, torch.len(present))
    if torch.len(present) == 0:
      ops.prim.RaiseException("no loss has depended on any of the parameters yet")
    if torch.len(present) == n:
      outcome = (self).advance(kind, params, grads, slots, counters, group_ends, options, rates, decays, losses,
                               weights, known, scale, max_norm, guard)
    else:
      ps = annotate(List[Tensor], [])
      gs = annotate(List[Tensor], [])
      for j in range(torch.len(present)):
        ps = torch.append(ps, params[present[j]])
        gs = torch.append(gs, grads[present[j]])
      states = annotate(List[Tensor], [])
      for k in range(torch.len(slots) // n):
        for j in range(torch.len(present)):
          states = torch.append(states, slots[k * n + present[j]])
      steps = annotate(List[Tensor], [])
      if torch.len(counters) > 0:
        for j in range(torch.len(present)):
          steps = torch.append(steps, slots[present[j]])
      outcome = (self).advance(kind, ps, gs, states, steps, ends, options, rates, decays, losses, weights,
                               known, scale, max_norm, guard)
    return outcome

  # The gradients of loss, times seed, in arrays of their own instead of sums in p.grad: there is nothing to add or to
  # zero, and no memory taken while the forward pass needs most. A parameter that the loss does not depend on has zeros,
  # or, if none ever did (seen), an array without elements.
  #
  # copies: whether each gradient is a copy in the layout of its parameter. On a GPU it must be. There the operators on lists
  # write through pointers that they have asked to read (multi_tensor_apply), so that a lazy clone would never be copied, and
  # the fused ones want equal strides, also of dimensions of 1.
  def grad(self: __torch__.Kernels, loss: Tensor, seed: Tensor, params: List[Tensor], seen: List[int],
           copies: bool) -> List[Tensor]:
    grads = (self).grad_through([loss], [seed], params, annotate(List[Tensor], []), seen, copies)
    (self).fill(grads, params, seen)
    return grads

  # The same of a part of a backward pass: from outputs whose gradients are known, also to the inputs of the part (leaves),
  # behind those of the parameters. Where there is none, it is an array without elements.
  def grad_through(self: __torch__.Kernels, outputs: List[Tensor], seeds: List[Tensor], params: List[Tensor],
                   leaves: List[Tensor], seen: List[int], copies: bool) -> List[Tensor]:
    starts = annotate(List[Optional[Tensor]], [])
    for i in range(torch.len(seeds)):
      starts = torch.append(starts, annotate(Optional[Tensor], seeds[i]))
    n = torch.len(params)
    found = torch.grad(outputs, torch.add(params, leaves), starts, None, False, True)
    grads = annotate(List[Tensor], [])
    for i in range(torch.len(found)):
      g = found[i]
      if torch.__isnot__(g, None):
        if i >= n:
          grads = torch.append(grads, unchecked_cast(Tensor, g))
        elif copies:
          grads = torch.append(grads, (self).copy_of(unchecked_cast(Tensor, g), params[i]))
        else:
          grads = torch.append(grads, (self).own(unchecked_cast(Tensor, g), params[i]))
        # So that what was copied is there once.
        torch._set_item(found, i, annotate(Optional[Tensor], None))
        if i < n:
          torch._set_item(seen, i, 1)
      else:
        grads = torch.append(grads,
                             torch.empty([0], dtype=ops.prim.dtype(outputs[0]), device=ops.prim.device(outputs[0])))
    return grads

  # Zeros where a gradient is missing that was there before.
  def fill(self: __torch__.Kernels, grads: List[Tensor], params: List[Tensor], seen: List[int]) -> None:
    for i in range(torch.len(params)):
      if seen[i] == 1:
        if torch.numel(grads[i]) == 0:
          torch._set_item(grads, i, torch.zeros_like(params[i]))
    return None

  # Backward may give one array, or views of one, to several parameters, and the update writes into them. A lazy clone is
  # copied when it is written to while it shares its memory, else never. The fused kernels also want the parameter's layout.
  def own(self: __torch__.Kernels, g: Tensor, p: Tensor) -> Tensor:
    alike = torch.is_contiguous(g)
    if alike:
      alike = torch.is_contiguous(p)
    if alike:
      own = torch._lazy_clone(g)
    else:
      own = (self).copy_of(g, p)
    return own

  def copy_of(self: __torch__.Kernels, g: Tensor, p: Tensor) -> Tensor:
    return torch.copy_(torch.empty_like(p), g)

  # Adds fresh gradients to those of an earlier backward pass of the same micro batch.
  def add(self: __torch__.Kernels, grads: List[Tensor], more: List[Tensor]) -> List[Tensor]:
    sums = annotate(List[Tensor], [])
    for i in range(torch.len(grads)):
      if torch.numel(grads[i]) == 0:
        sums = torch.append(sums, more[i])
      elif torch.numel(more[i]) == 0:
        sums = torch.append(sums, grads[i])
      else:
        sums = torch.append(sums, torch.add_(grads[i], more[i]))
    return sums

  # A number whose gradients are the given ones: parameters first, then as many fresh gradients.
  def with_gradients(self: __torch__.Kernels, zero: Tensor, xs: List[Tensor]) -> Tensor:
    n = torch.len(xs) // 2
    sum = zero
    for i in range(n):
      if torch.numel(xs[n + i]) > 0:
        sum = torch.add(sum, torch.sum(torch.mul(xs[i], torch.clone(xs[n + i]))))
    return sum

  # The norm of the gradients as they will be when they are divided, and the sum of the losses.
  def measure(self: __torch__.Kernels, grads: List[Tensor], losses: List[Tensor],
              inverse_weight: float) -> List[float]:
    sums = (self).sums(grads, losses, annotate(List[Tensor], []))
    return [sums[0] * inverse_weight, sums[1]]

  # Divides the gradients by the weight of the update and clips them by their global norm (0 = no clipping).
  def clip(self: __torch__.Kernels, grads: List[Tensor], norm: float, inverse_weight: float, max_norm: float) -> None:
    divisor = (self).divisor(norm, inverse_weight, max_norm)
    if divisor != 1.0:
      torch._foreach_div_(grads, divisor)
    return None

  def multiply(self: __torch__.Kernels, grads: List[Tensor], factor: float) -> None:
    torch._foreach_mul_(grads, factor)
    return None

  def allowed(self: __torch__.Kernels, norm: float, loss: float, guard: bool) -> float:
    done = 1.0
    if guard:
      # inf - inf and nan - nan are nan, which equals nothing.
      if norm - norm + loss - loss != 0.0:
        done = 0.0
    return done

  # The norm of the gradients, the sum of the losses and that of the weights. On a GPU each look would be a wait: one does.
  def sums(self: __torch__.Kernels, grads: List[Tensor], losses: List[Tensor], weights: List[Tensor]) -> List[float]:
    if ops.prim.is_cpu(grads[0]):
      sums = [float((self).norm(grads)), (self).total(losses), (self).total(weights)]
    else:
      sums = (self).sums_at_once(grads, losses, weights)
    return sums

  def sums_at_once(self: __torch__.Kernels, grads: List[Tensor], losses: List[Tensor],
                   weights: List[Tensor]) -> List[float]:
    norm = (self).norm(grads)
    found = torch.cpu(torch.stack([norm, (self).total_like(norm, losses), (self).total_like(norm, weights)]))
    return [float(torch.select(found, 0, 0)), float(torch.select(found, 0, 1)), float(torch.select(found, 0, 2))]

  # The sum as a scalar of the type and on the device of another one; the scalars may come from elsewhere.
  def total_like(self: __torch__.Kernels, like: Tensor, xs: List[Tensor]) -> Tensor:
    sum = torch.zeros_like(like)
    for i in range(torch.len(xs)):
      sum = torch.add(sum, torch.reshape(torch.to(torch.detach(xs[i]), like), []))
    return sum

  # Squares of norms are added up in float64: in float32 the order of the parameters would count, which is another after some were
  # frozen and released than in the run that resumes from there.
  def norm(self: __torch__.Kernels, grads: List[Tensor]) -> Tensor:
    return torch.linalg_vector_norm(torch.stack(torch._foreach_norm(grads, 2)), 2, None, False, dtype=7)

  def total(self: __torch__.Kernels, losses: List[Tensor]) -> float:
    sum = 0.0
    if torch.len(losses) == 1:
      sum = float(losses[0])
    elif torch.len(losses) > 1:
      sum = float(torch.sum(torch.to(torch.stack(losses), 7)))
    return sum

  # What gradients are divided by: the weight, and more if their norm is too large. A division, because that is what
  # the fused kernels offer, and because with and without them the result must be the same to the bit.
  def divisor(self: __torch__.Kernels, norm: float, inverse_weight: float, max_norm: float) -> float:
    scale = inverse_weight
    if max_norm > 0.0:
      coefficient = max_norm / (norm + 1e-6)
      if coefficient >= 1.0:
        pass
      else:
        # Also when it is nan: every gradient becomes that, as in PyTorch.
        scale = scale * coefficient
    return 1.0 / scale

  def zero(self: __torch__.Kernels, grads: List[Tensor]) -> None:
    torch._foreach_zero_(grads)
    return None

  # ------------------------------------------------------------------------------------------------------- optimizers
  # Slots hold the state tensors of all parameters, slot after slot: slot k of parameter i is slots[k * n + i].

  # Gradients are divided by divisor on the way, and may be left so or not: they are zeroed next.
  def step(self: __torch__.Kernels, kind: str, params: List[Tensor], grads: List[Tensor], slots: List[Tensor],
           counters: List[Tensor], group_ends: List[int], options: List[float], rates: List[float],
           decays: List[float], divisor: float) -> None:
    n = torch.len(params)
    scale = annotate(Optional[Tensor], None)
    if divisor != 1.0:
      fuses = kind == "adamw"
      if kind == "adam":
        fuses = True
      # The fused kernels take the scale as float32: not exact enough for float64.
      if ops.prim.dtype(params[0]) != 6:
        fuses = False
      if fuses:
        scale = torch.full([], divisor, dtype=6, device=ops.prim.device(params[0]))
      else:
        torch._foreach_div_(grads, divisor)
    # The slots that count steps are views of counters: one operator instead of one a parameter. They advance first,
    # because the fused kernels do not do it, and give NaN for a step of 0.
    for j in range(torch.len(counters)):
      torch.add_(counters[j], 1)
    start = 0
    for group in range(torch.len(group_ends)):
      end = group_ends[group]
      ps = torch.slice(params, start, end)
      gs = torch.slice(grads, start, end)
      if torch.len(ps) > 0:
        rate = rates[group]
        decay = decays[group]
        if kind == "adamw":
          (self).adam(True, n, start, ps, gs, slots, options, rate, decay, scale)
        elif kind == "adam":
          (self).adam(False, n, start, ps, gs, slots, options, rate, decay, scale)
        elif kind == "sgd":
          (self).sgd(n, start, ps, gs, slots, options, rate, decay)
        elif kind == "adagrad":
          (self).adagrad(n, start, ps, gs, slots, options, rate, decay)
        elif kind == "rmsprop":
          (self).rmsprop(n, start, ps, gs, slots, options, rate, decay)
        elif kind == "adafactor":
          (self).adafactor(n, start, ps, gs, slots, options, rate, decay)
        elif kind == "lion":
          (self).lion(n, start, ps, gs, slots, options, rate, decay)
        elif kind == "ademamix":
          (self).ademamix(n, start, ps, gs, slots, options, rate, decay)
        elif kind == "stable_adamw":
          (self).stable_adamw(n, start, ps, gs, slots, options, rate, decay)
        elif kind == "adamw_8bit":
          (self).adamw_8bit(n, start, ps, gs, slots, options, rate, decay)
        elif kind == "schedule_free_adamw":
          (self).schedule_free_adamw(n, start, ps, gs, slots, options, rate, decay)
        elif kind == "schedule_free_radam":
          (self).schedule_free_radam(n, start, ps, gs, slots, options, rate, decay)
        elif kind == "schedule_free_sgd":
          (self).schedule_free_sgd(n, start, ps, gs, slots, options, rate, decay)
        else:
          ops.prim.RaiseException("unknown optimizer kernel")
      start = end
    return None

  # Slot k of the count parameters from start on.
  def slot(self: __torch__.Kernels, k: int, n: int, start: int, count: int, slots: List[Tensor]) -> List[Tensor]:
    return torch.slice(slots, k * n + start, k * n + start + count)

  # Lets averages that have died away be zero. Where gradients are zero, as in the rows of an embedding whose tokens do not
  # come again, an average shrinks with every update until it, or its product with the learning rate, is denormal and stays
  # so, and there a CPU is more than ten times slower. A look every 64 updates costs next to nothing.
  def settle(self: __torch__.Kernels, averages: List[Tensor], steps: List[Tensor], least: float) -> None:
    if ops.prim.is_cpu(averages[0]):
      if ops.prim.dtype(averages[0]) == 6:
        if int(steps[0]) % 64 == 0:
          for j in range(torch.len(averages)):
            settled = torch.hardshrink(averages[j], least, out=averages[j])
    return None

  # options: beta1, beta2, eps, amsgrad; slots: step, exp_avg, exp_avg_sq, [max_exp_avg_sq]
  def adam(self: __torch__.Kernels, decoupled: bool, n: int, start: int, ps: List[Tensor], gs: List[Tensor],
           slots: List[Tensor], options: List[float], rate: float, decay: float, scale: Optional[Tensor]) -> None:
    steps = (self).slot(0, n, start, torch.len(ps), slots)
    amsgrad = options[3] != 0.0
    maxima = annotate(List[Tensor], [])
    if amsgrad:
      maxima = (self).slot(3, n, start, torch.len(ps), slots)
    if decoupled:
      torch._fused_adamw_(ps, gs, (self).slot(1, n, start, torch.len(ps), slots), (self).slot(2, n, start, torch.len(ps), slots), maxima, steps,
                          lr=rate, beta1=options[0], beta2=options[1], weight_decay=decay, eps=options[2],
                          amsgrad=amsgrad, maximize=False, grad_scale=scale)
    else:
      torch._fused_adam_(ps, gs, (self).slot(1, n, start, torch.len(ps), slots), (self).slot(2, n, start, torch.len(ps), slots), maxima, steps,
                         lr=rate, beta1=options[0], beta2=options[1], weight_decay=decay, eps=options[2],
                         amsgrad=amsgrad, maximize=False, grad_scale=scale)
    (self).settle((self).slot(1, n, start, torch.len(ps), slots), steps, 1e-30)
    # Beside this eps the root of so small an exp_avg_sq is nothing, in float32.
    if options[2] >= 1e-12:
      (self).settle((self).slot(2, n, start, torch.len(ps), slots), steps, 1e-37)
    return None

  # options: momentum, dampening, nesterov; slots with momentum: step, momentum_buffer
  def sgd(self: __torch__.Kernels, n: int, start: int, ps: List[Tensor], gs: List[Tensor], slots: List[Tensor],
          options: List[float], rate: float, decay: float) -> None:
    momentum = options[0]
    direction = gs
    if decay != 0.0:
      direction = torch._foreach_add(gs, ps, alpha=decay)
    if momentum != 0.0:
      steps = (self).slot(0, n, start, torch.len(ps), slots)
      buffers = (self).slot(1, n, start, torch.len(ps), slots)
      torch._foreach_mul_(buffers, momentum)
      if options[1] == 0.0:
        torch._foreach_add_(buffers, direction)
      else:
        # The first gradient enters the buffer undampened.
        for j in range(torch.len(buffers)):
          share = torch.where(torch.eq(steps[j], 1), 1.0, 1.0 - options[1])
          torch.add_(buffers[j], torch.mul(direction[j], share))
      (self).settle(buffers, steps, 1e-30)
      if options[2] != 0.0:
        direction = torch._foreach_add(direction, buffers, alpha=momentum)
      else:
        direction = buffers
    torch._foreach_add_(ps, direction, alpha=-rate)
    return None

  # options: lr_decay, eps; slots: step, sum
  def adagrad(self: __torch__.Kernels, n: int, start: int, ps: List[Tensor], gs: List[Tensor],
              slots: List[Tensor], options: List[float], rate: float, decay: float) -> None:
    steps = (self).slot(0, n, start, torch.len(ps), slots)
    sums = (self).slot(1, n, start, torch.len(ps), slots)
    for j in range(torch.len(ps)):
      g = gs[j]
      if decay != 0.0:
        g = torch.add(g, ps[j], alpha=decay)
      shrink = torch.reciprocal(torch.add(torch.mul(torch.sub(steps[j], 1), options[0]), 1.0))
      torch.addcmul_(sums[j], g, g)
      direction = torch.div(g, torch.add_(torch.sqrt(sums[j]), options[1]))
      torch.sub_(ps[j], torch.mul(torch.mul(direction, shrink), rate))
    return None

  # options: alpha, eps, momentum, centered; slots: square_avg, [momentum_buffer], [grad_avg]
  def rmsprop(self: __torch__.Kernels, n: int, start: int, ps: List[Tensor], gs: List[Tensor],
              slots: List[Tensor], options: List[float], rate: float, decay: float) -> None:
    alpha = options[0]
    momentum = options[2]
    squares = (self).slot(0, n, start, torch.len(ps), slots)
    next_slot = 1
    buffers = annotate(List[Tensor], [])
    if momentum > 0.0:
      buffers = (self).slot(next_slot, n, start, torch.len(ps), slots)
      next_slot = next_slot + 1
    averages = annotate(List[Tensor], [])
    if options[3] != 0.0:
      averages = (self).slot(next_slot, n, start, torch.len(ps), slots)
    for j in range(torch.len(ps)):
      g = gs[j]
      if decay != 0.0:
        g = torch.add(g, ps[j], alpha=decay)
      torch.addcmul_(torch.mul_(squares[j], alpha), g, g, value=1.0 - alpha)
      variance = squares[j]
      if options[3] != 0.0:
        torch.lerp_(averages[j], g, 1.0 - alpha)
        variance = torch.addcmul(squares[j], averages[j], averages[j], value=-1.0)
      root = torch.add_(torch.sqrt(variance), options[1])
      if momentum > 0.0:
        torch.addcdiv_(torch.mul_(buffers[j], momentum), g, root)
        torch.add_(ps[j], buffers[j], alpha=-rate)
      else:
        torch.addcdiv_(ps[j], g, root, value=-rate)
    return None

  # options: beta1, beta2; slots: exp_avg
  def lion(self: __torch__.Kernels, n: int, start: int, ps: List[Tensor], gs: List[Tensor], slots: List[Tensor],
           options: List[float], rate: float, decay: float) -> None:
    averages = (self).slot(0, n, start, torch.len(ps), slots)
    for j in range(torch.len(ps)):
      direction = torch.sign(torch.add(torch.mul(averages[j], options[0]), gs[j], alpha=1.0 - options[0]))
      if decay != 0.0:
        torch.mul_(ps[j], 1.0 - rate * decay)
      torch.add_(ps[j], direction, alpha=-rate)
      torch.add_(torch.mul_(averages[j], options[1]), gs[j], alpha=1.0 - options[1])
    return None

  # 1 - beta^step, in float64: in float32 it is wrong from the fourth digit on where beta is near 1.
  def bias_correction(self: __torch__.Kernels, beta: float, step: Tensor) -> Tensor:
    return torch.rsub(torch.pow(beta, torch.to(step, 7)), 1.0)

  # options: beta1, beta2, beta3, alpha, eps, updates until alpha and until beta3 are what they are (0 = from the first on)
  # slots: step, exp_avg, exp_avg_slow, exp_avg_sq
  def ademamix(self: __torch__.Kernels, n: int, start: int, ps: List[Tensor], gs: List[Tensor], slots: List[Tensor],
               options: List[float], rate: float, decay: float) -> None:
    steps = (self).slot(0, n, start, torch.len(ps), slots)
    fast = (self).slot(1, n, start, torch.len(ps), slots)
    slow = (self).slot(2, n, start, torch.len(ps), slots)
    squares = (self).slot(3, n, start, torch.len(ps), slots)
    beta1 = options[0]
    for j in range(torch.len(ps)):
      g = gs[j]
      step = torch.to(steps[j], 7)
      alpha = torch.full_like(step, options[3])
      if options[5] > 0.0:
        alpha = torch.minimum(alpha, torch.mul(step, options[3] / options[5]))
      fresh = torch.full_like(step, 1.0 - options[2])
      if options[6] > 0.0:
        share = torch.div(step, options[6])
        low = torch.log(beta1)
        high = torch.log(options[2])
        half_lives = torch.add(torch.mul(torch.rsub(share, 1.0), high), torch.mul(share, low))
        fresh = torch.maximum(fresh, torch.neg(torch.expm1(torch.div(torch.full_like(step, low * high), half_lives))))
      torch.add_(torch.mul_(fast[j], beta1), g, alpha=1.0 - beta1)
      torch.add_(torch.mul_(slow[j], torch.rsub(fresh, 1.0)), torch.mul(g, fresh))
      torch.addcmul_(torch.mul_(squares[j], options[1]), g, g, value=1.0 - options[1])
      mixed = torch.add(torch.div(fast[j], (self).bias_correction(beta1, step)), torch.mul(slow[j], alpha))
      root = torch.add_(torch.div(torch.sqrt(squares[j]), torch.sqrt((self).bias_correction(options[1], step))), options[4])
      if decay != 0.0:
        torch.mul_(ps[j], 1.0 - rate * decay)
      torch.addcdiv_(ps[j], mixed, root, value=-rate)
    (self).settle(fast, steps, 1e-30)
    (self).settle(slow, steps, 1e-30)
    if options[4] >= 1e-12:
      (self).settle(squares, steps, 1e-37)
    return None

  # options: beta1, beta2, eps; slots: step, exp_avg, exp_avg_sq
  def stable_adamw(self: __torch__.Kernels, n: int, start: int, ps: List[Tensor], gs: List[Tensor], slots: List[Tensor],
                   options: List[float], rate: float, decay: float) -> None:
    steps = (self).slot(0, n, start, torch.len(ps), slots)
    averages = (self).slot(1, n, start, torch.len(ps), slots)
    squares = (self).slot(2, n, start, torch.len(ps), slots)
    for j in range(torch.len(ps)):
      g = gs[j]
      # Betas that hold the correction of the bias within them: the first average is the first gradient.
      fresh = torch.reciprocal(torch.div((self).bias_correction(options[0], steps[j]), 1.0 - options[0]))
      torch.add_(torch.mul_(averages[j], torch.rsub(fresh, 1.0)), torch.mul(g, fresh))
      fresh_square = torch.reciprocal(torch.div((self).bias_correction(options[1], steps[j]), 1.0 - options[1]))
      square = torch.square(g)
      torch.add_(torch.mul_(squares[j], torch.rsub(fresh_square, 1.0)), torch.mul(square, fresh_square))
      rms = torch.sqrt(torch.mean(torch.div(square, torch.clamp(squares[j], options[2] * options[2], None))))
      size = torch.mul(torch.reciprocal(torch.clamp(rms, 1.0, None)), rate)
      if decay != 0.0:
        torch.mul_(ps[j], torch.rsub(torch.mul(size, decay), 1.0))
      root = torch.add_(torch.sqrt(squares[j]), options[2])
      torch.sub_(ps[j], torch.mul(torch.div(averages[j], root), size))
    (self).settle(averages, steps, 1e-30)
    if options[2] >= 1e-12:
      (self).settle(squares, steps, 1e-37)
    return None

  # Both sequences of a parameter begin where it stands in its first update.
  def schedule_free_begin(self: __torch__.Kernels, ps: List[Tensor], steps: List[Tensor], zs: List[Tensor], xs: List[Tensor]) -> None:
    if bool(torch.any(torch.eq(torch.stack(steps), 1))):
      for j in range(torch.len(ps)):
        if int(steps[j]) == 1:
          torch.copy_(zs[j], ps[j])
          torch.copy_(xs[j], ps[j])
    return None

  # The weight of this update's z in the average x: step^r times a power of the largest rate so far.
  def schedule_free_share(self: __torch__.Kernels, step: Tensor, rate: Tensor, r: float, power: float, weight_sum: Tensor,
                          rate_max: Tensor) -> Tensor:
    torch.copy_(rate_max, torch.maximum(rate_max, rate))
    weight = torch.mul(torch.pow(step, r), torch.pow(rate_max, power))
    torch.add_(weight_sum, weight)
    return torch.where(torch.gt(weight_sum, 0), torch.div(weight, weight_sum), 0.0)

  # Moves z along the direction, x towards z, and puts the parameter between them.
  def schedule_free_move(self: __torch__.Kernels, p: Tensor, direction: Tensor, z: Tensor, x: Tensor, rate: Tensor, share: Tensor,
                         beta: float, decay: float) -> None:
    if decay != 0.0:
      d = torch.add(direction, p, alpha=decay)
    else:
      d = direction
    torch.sub_(z, torch.mul(d, rate))
    torch.add_(torch.mul_(x, torch.rsub(share, 1.0)), torch.mul(z, share))
    torch.copy_(p, torch.lerp(z, x, beta))
    return None

  def schedule_free_warm(self: __torch__.Kernels, step: Tensor, rate: float, warmup: float) -> Tensor:
    if warmup > 0.0:
      warm = torch.mul(torch.clamp(torch.div(step, warmup), None, 1.0), rate)
    else:
      warm = torch.full_like(step, rate)
    return warm

  # What both kinds of Adam do with a size of this update for each parameter.
  # slots: step, exp_avg_sq, z, x, weight_sum, lr_max
  def schedule_free_adam(self: __torch__.Kernels, n: int, start: int, ps: List[Tensor], gs: List[Tensor], slots: List[Tensor],
                         sizes: List[Tensor], beta1: float, beta2: float, eps: float, r: float, power: float, decay: float) -> None:
    steps = (self).slot(0, n, start, torch.len(ps), slots)
    squares = (self).slot(1, n, start, torch.len(ps), slots)
    zs = (self).slot(2, n, start, torch.len(ps), slots)
    xs = (self).slot(3, n, start, torch.len(ps), slots)
    sums = (self).slot(4, n, start, torch.len(ps), slots)
    maxima = (self).slot(5, n, start, torch.len(ps), slots)
    (self).schedule_free_begin(ps, steps, zs, xs)
    for j in range(torch.len(ps)):
      share = (self).schedule_free_share(torch.to(steps[j], 7), sizes[j], r, power, sums[j], maxima[j])
      torch.addcmul_(torch.mul_(squares[j], beta2), gs[j], gs[j], value=1.0 - beta2)
      root = torch.add_(torch.sqrt_(torch.div(squares[j], (self).bias_correction(beta2, steps[j]))), eps)
      (self).schedule_free_move(ps[j], torch.div(gs[j], root), zs[j], xs[j], sizes[j], share, beta1, decay)
    if eps >= 1e-12:
      (self).settle(squares, steps, 1e-37)
    return None

  # options: beta1, beta2, eps, warmup, r, weight_lr_power
  def schedule_free_adamw(self: __torch__.Kernels, n: int, start: int, ps: List[Tensor], gs: List[Tensor], slots: List[Tensor],
                          options: List[float], rate: float, decay: float) -> None:
    steps = (self).slot(0, n, start, torch.len(ps), slots)
    sizes = annotate(List[Tensor], [])
    for j in range(torch.len(ps)):
      sizes = torch.append(sizes, (self).schedule_free_warm(torch.to(steps[j], 7), rate, options[3]))
    (self).schedule_free_adam(n, start, ps, gs, slots, sizes, options[0], options[1], options[2], options[4], options[5], decay)
    return None

  # options: beta1, beta2, eps, r, weight_lr_power. While the variance of so few squares is not known (Liu et al., 2019),
  # nothing moves.
  def schedule_free_radam(self: __torch__.Kernels, n: int, start: int, ps: List[Tensor], gs: List[Tensor], slots: List[Tensor],
                          options: List[float], rate: float, decay: float) -> None:
    steps = (self).slot(0, n, start, torch.len(ps), slots)
    longest = 2.0 / (1.0 - options[1]) - 1.0
    sizes = annotate(List[Tensor], [])
    for j in range(torch.len(ps)):
      step = torch.to(steps[j], 7)
      correction = (self).bias_correction(options[1], steps[j])
      length = torch.rsub(torch.div(torch.mul(torch.mul(step, torch.rsub(correction, 1.0)), 2.0), correction), longest)
      above = torch.mul(torch.mul(torch.sub(length, 4), torch.sub(length, 2)), longest)
      below = torch.mul(length, (longest - 4.0) * (longest - 2.0))
      rectified = torch.where(torch.gt(length, 4), torch.sqrt(torch.div(above, below)), 0.0)
      sizes = torch.append(sizes, torch.mul(rectified, rate))
    (self).schedule_free_adam(n, start, ps, gs, slots, sizes, options[0], options[1], options[2], options[3], options[4], decay)
    return None

  # options: momentum, warmup, r, weight_lr_power; slots: step, z, x, weight_sum, lr_max
  def schedule_free_sgd(self: __torch__.Kernels, n: int, start: int, ps: List[Tensor], gs: List[Tensor], slots: List[Tensor],
                        options: List[float], rate: float, decay: float) -> None:
    steps = (self).slot(0, n, start, torch.len(ps), slots)
    zs = (self).slot(1, n, start, torch.len(ps), slots)
    xs = (self).slot(2, n, start, torch.len(ps), slots)
    sums = (self).slot(3, n, start, torch.len(ps), slots)
    maxima = (self).slot(4, n, start, torch.len(ps), slots)
    (self).schedule_free_begin(ps, steps, zs, xs)
    for j in range(torch.len(ps)):
      step = torch.to(steps[j], 7)
      warm = (self).schedule_free_warm(step, rate, options[1])
      share = (self).schedule_free_share(step, warm, options[2], options[3], sums[j], maxima[j])
      (self).schedule_free_move(ps[j], gs[j], zs[j], xs[j], warm, share, options[0], decay)
    return None

  # Exchanges parameters and averages. A parameter without an update has no average yet.
  def exchange(self: __torch__.Kernels, ps: List[Tensor], xs: List[Tensor], steps: List[Tensor]) -> None:
    for j in range(torch.len(ps)):
      if int(steps[j]) == 0:
        torch.copy_(xs[j], ps[j])
      else:
        trained = torch.clone(ps[j])
        torch.copy_(ps[j], xs[j])
        torch.copy_(xs[j], trained)
    return None

  # A state of 8 bits as numbers: blocks of 256 places in the code, each with its largest value. Small ones are as they are.
  def unpacked(self: __torch__.Kernels, state: Tensor, largest: Tensor, code: Tensor) -> Tensor:
    if torch.numel(largest) == 0:
      x = state
    else:
      flat = torch.constant_pad_nd(torch.reshape(torch.index_select(code, 0, torch.to(torch.reshape(state, [-1]), 3)), [-1]),
                                   [0, torch.size(largest, 0) * 256 - torch.numel(state)])
      scaled = torch.mul(torch.view(flat, [-1, 256]), torch.unsqueeze(largest, 1))
      x = torch.view(torch.slice(torch.view(scaled, [-1]), 0, 0, torch.numel(state)), torch.size(state))
    return x

  # The nearest places in the code. What has a sign keeps it, also where the nearest is zero.
  def pack(self: __torch__.Kernels, x: Tensor, state: Tensor, largest: Tensor, code: Tensor) -> None:
    if torch.numel(largest) > 0:
      blocks = torch.view(torch.constant_pad_nd(torch.reshape(x, [-1]), [0, torch.size(largest, 0) * 256 - torch.numel(x)]), [-1, 256])
      torch.copy_(largest, torch.amax(torch.abs(blocks), [1]))
      divisors = torch.where(torch.eq(largest, 0.0), 1.0, largest)
      scaled = torch.slice(torch.view(torch.div(blocks, torch.unsqueeze(divisors, 1)), [-1]), 0, 0, torch.numel(x))
      middles = torch.div(torch.add(torch.slice(code, 0, 0, 255), torch.slice(code, 0, 1, 256)), 2.0)
      nearest = torch.bucketize(scaled, middles)
      lost = torch.logical_and(torch.lt(scaled, 0.0), torch.eq(torch.index_select(code, 0, nearest), 0.0))
      torch.copy_(state, torch.view(torch.sub(nearest, torch.to(lost, 4)), torch.size(state)))
    return None

  # options: beta1, beta2, eps, the signed code, the unsigned code; slots: step, state1, absmax1, state2, absmax2
  def adamw_8bit(self: __torch__.Kernels, n: int, start: int, ps: List[Tensor], gs: List[Tensor], slots: List[Tensor],
                 options: List[float], rate: float, decay: float) -> None:
    steps = (self).slot(0, n, start, torch.len(ps), slots)
    averages = (self).slot(1, n, start, torch.len(ps), slots)
    largest = (self).slot(2, n, start, torch.len(ps), slots)
    squares = (self).slot(3, n, start, torch.len(ps), slots)
    largest_squares = (self).slot(4, n, start, torch.len(ps), slots)
    code = torch.tensor(torch.slice(options, 3, 259), dtype=6, device=ops.prim.device(ps[0]))
    code_of_squares = torch.tensor(torch.slice(options, 259, 515), dtype=6, device=ops.prim.device(ps[0]))
    for j in range(torch.len(ps)):
      g = gs[j]
      m = torch.add_(torch.mul_((self).unpacked(averages[j], largest[j], code), options[0]), g, alpha=1.0 - options[0])
      v = torch.addcmul_(torch.mul_((self).unpacked(squares[j], largest_squares[j], code_of_squares), options[1]), g, g,
                         value=1.0 - options[1])
      if decay != 0.0:
        torch.mul_(ps[j], 1.0 - rate * decay)
      root = torch.add_(torch.div(torch.sqrt(v), torch.sqrt((self).bias_correction(options[1], steps[j]))), options[2])
      size = torch.reciprocal(torch.div((self).bias_correction(options[0], steps[j]), rate))
      torch.sub_(ps[j], torch.mul(torch.div(m, root), size))
      (self).pack(m, averages[j], largest[j], code)
      (self).pack(v, squares[j], largest_squares[j], code_of_squares)
    return None

  def rms(self: __torch__.Kernels, x: Tensor) -> Tensor:
    return torch.sqrt(torch.mean(torch.square(x)))

  # options: eps1, eps2, clip_threshold, decay_rate, beta1 (below 0 = none), scale_parameter, relative_step, warmup_init
  # slots: step, exp_avg_sq_row, exp_avg_sq_col, exp_avg_sq, [exp_avg]; those that a shape does not use are empty
  def adafactor(self: __torch__.Kernels, n: int, start: int, ps: List[Tensor], gs: List[Tensor],
                slots: List[Tensor], options: List[float], rate: float, decay: float) -> None:
    steps = (self).slot(0, n, start, torch.len(ps), slots)
    rows = (self).slot(1, n, start, torch.len(ps), slots)
    columns = (self).slot(2, n, start, torch.len(ps), slots)
    squares = (self).slot(3, n, start, torch.len(ps), slots)
    averages = annotate(List[Tensor], [])
    if options[4] >= 0.0:
      averages = (self).slot(4, n, start, torch.len(ps), slots)
    for j in range(torch.len(ps)):
      p = ps[j]
      g = gs[j]
      step = steps[j]
      size = torch.mul(torch.ones_like(step), rate)
      if options[6] != 0.0:
        least = torch.mul(torch.ones_like(step), 1e-2)
        if options[7] != 0.0:
          least = torch.mul(step, 1e-6)
        size = torch.minimum(least, torch.rsqrt(step))
      if options[5] != 0.0:
        size = torch.mul(size, torch.clamp((self).rms(p), options[1], None))
      beta2 = torch.rsub(torch.pow(step, options[3]), 1.0)
      fresh = torch.rsub(beta2, 1.0)
      update = torch.add(torch.square(g), options[0])
      if torch.dim(g) >= 2:
        torch.add_(torch.mul_(rows[j], beta2), torch.mul(torch.mean(update, [-1]), fresh))
        torch.add_(torch.mul_(columns[j], beta2), torch.mul(torch.mean(update, [-2]), fresh))
        row = torch.unsqueeze(torch.rsqrt(torch.div(rows[j], torch.mean(rows[j], [-1], True))), -1)
        column = torch.rsqrt(torch.unsqueeze(columns[j], -2))
        update = torch.mul(torch.mul(row, column), g)
      else:
        torch.add_(torch.mul_(squares[j], beta2), torch.mul(update, fresh))
        update = torch.mul(torch.rsqrt(squares[j]), g)
      update = torch.div(update, torch.clamp(torch.div((self).rms(update), options[2]), 1.0, None))
      update = torch.mul(update, size)
      if options[4] >= 0.0:
        update = torch.add_(torch.mul_(averages[j], options[4]), update, alpha=1.0 - options[4])
      if decay != 0.0:
        torch.sub_(p, torch.mul(torch.mul(p, size), decay))
      torch.sub_(p, update)
    return None

  # ------------------------------------------------------------------------------------------------------------ losses

  # Summed cross entropy over the labels that are not -100. logits [..., classes], labels [...].
  # Returns (sum, number of labels that count): nll_loss counts them on its way.
  def cross_entropy(self: __torch__.Kernels, logits: Tensor, labels: Tensor) -> Tuple[Tensor, Tensor]:
    flat = logits
    targets = labels
    if torch.dim(logits) != 2:
      flat = torch.reshape(logits, [-1, torch.size(logits, -1)])
      targets = torch.reshape(labels, [-1])
    loss, weight, saved = (self).cross_entropy_forward((self).full(flat), targets)
    return (loss, weight)

  # The same of float32 logits [n, classes] and labels [n]. Outside of autograd the next kernel needs the third result.
  def cross_entropy_forward(self: __torch__.Kernels, logits: Tensor,
                            labels: Tensor) -> Tuple[Tensor, Tensor, List[Tensor]]:
    targets = labels
    if ops.prim.dtype(labels) != 4:
      targets = torch.to(labels, 4)
    shares = torch.log_softmax(logits, 1, None)
    loss, weight = torch.nll_loss_forward(shares, targets, None, 2, -100)
    return (loss, weight, [shares, targets, weight])

  # A list without gradients for params, and behind them the gradient of the logits, for a function's own kernel to take.
  def cross_entropy_backward(self: __torch__.Kernels, saved: List[Tensor], seed: Tensor,
                             params: List[Tensor]) -> List[Tensor]:
    shares = saved[0]
    g = torch.nll_loss_backward(seed, shares, saved[1], None, 2, -100, saved[2])
    absent = torch.empty([0], dtype=ops.prim.dtype(seed), device=ops.prim.device(seed))
    grads = torch.mul([absent], torch.len(params))
    grads = torch.append(grads, torch._log_softmax_backward_data(g, shares, 1, ops.prim.dtype(shares)))
    return grads

  # The same with label smoothing and another label to ignore, both scalars on the CPU.
  def smoothed_cross_entropy(self: __torch__.Kernels, logits: Tensor, labels: Tensor, ignore_index: Tensor,
                             smoothing: Tensor) -> Tuple[Tensor, Tensor]:
    ignored = int(ignore_index)
    flat = torch.reshape(logits, [-1, torch.size(logits, -1)])
    targets = torch.reshape(torch.to(labels, 4), [-1])
    loss = torch.cross_entropy_loss((self).full(flat), targets, None, 2, ignored, float(smoothing))
    return (loss, torch.sum(torch.ne(targets, ignored)))

  # The same with a weight for each class, as PyTorch: the sum is that of weighted losses, and its weight that of the labels.
  def weighted_cross_entropy(self: __torch__.Kernels, logits: Tensor, labels: Tensor, class_weights: Tensor,
                             smoothing: Tensor) -> Tuple[Tensor, Tensor]:
    flat = (self).full(torch.reshape(logits, [-1, torch.size(logits, -1)]))
    targets = torch.reshape(torch.to(labels, 4), [-1])
    weights = torch.to(class_weights, ops.prim.dtype(flat))
    loss = torch.cross_entropy_loss(flat, targets, weights, 2, -100, float(smoothing))
    counted = torch.to(torch.ne(targets, -100), ops.prim.dtype(flat))
    weight = torch.sum(torch.mul(torch.index_select(weights, 0, torch.clamp(targets, 0)), counted))
    return (loss, weight)

  # Embeddings x [texts, length, width], each number with uniform noise of up to alpha / sqrt(length * width) (Jain et al.: NEFTune, 2023).
  def noisy(self: __torch__.Kernels, x: Tensor, alpha: Tensor) -> Tensor:
    most = float(alpha) / torch.sqrt(float(torch.size(x, 1) * torch.size(x, 2)))
    return torch.add(x, torch.uniform_(torch.zeros_like(x), -most, most))

  # Summed binary cross entropy of logits; positive weights, one for each label, or none at all: an empty tensor.
  def binary_cross_entropy(self: __torch__.Kernels, logits: Tensor, labels: Tensor, positive: Tensor) -> Tensor:
    x = (self).full(logits)
    weights = annotate(Optional[Tensor], None)
    if torch.numel(positive) > 0:
      weights = torch.to(positive, ops.prim.dtype(x))
    return torch.binary_cross_entropy_with_logits(x, torch.to(labels, ops.prim.dtype(x)), None, weights, 2)

  # ---------------------------------------------------------------------------------------------------- moving averages

  # average += weight * (value - average)
  def average(self: __torch__.Kernels, averages: List[Tensor], values: List[Tensor], weight: float) -> None:
    torch._foreach_lerp_(averages, values, weight)
    return None

  # Exchanges the values of each pair, bit by bit, with one tensor of extra memory at a time.
  def swap(self: __torch__.Kernels, xs: List[Tensor], ys: List[Tensor]) -> None:
    for i in range(torch.len(xs)):
      held = torch.clone(xs[i])
      torch.copy_(xs[i], ys[i])
      torch.copy_(ys[i], held)
    return None

  # ---------------------------------------------------------------------------------------------------- low precision

  # Low precision would round the logarithm of a loss.
  def full(self: __torch__.Kernels, x: Tensor) -> Tensor:
    y = x
    if torch.__or__(ops.prim.dtype(x) == 5, ops.prim.dtype(x) == 15):
      y = torch.to(x, 6)
    return y

  def to_full(self: __torch__.Kernels, x: Tensor) -> Tensor:
    return (self).full(x)

  # Each tensor in type, a number on the CPU, if it is of a floating type; within autograd.
  def to_half(self: __torch__.Kernels, type: Tensor, xs: List[Tensor]) -> List[Tensor]:
    dtype = int(type)
    ys = annotate(List[Tensor], [])
    for i in range(torch.len(xs)):
      x = xs[i]
      y = x
      if torch.is_floating_point(x):
        y = torch.to(x, dtype)
      ys = torch.append(ys, y)
    return ys

  # -------------------------------------------------------------------------------------------------------- housekeeping

  def number(self: __torch__.Kernels, x: Tensor) -> float:
    return float(x)

  # All of them in one transfer; those of another type or device come to the first's.
  def numbers(self: __torch__.Kernels, xs: List[Tensor]) -> List[float]:
    first = torch.to(torch.detach(xs[0]), 7)
    scalars = annotate(List[Tensor], [])
    for i in range(torch.len(xs)):
      scalars = torch.append(scalars, torch.reshape(torch.to(torch.detach(xs[i]), first), [-1]))
    all = torch.cpu(torch.cat(scalars))
    values = annotate(List[float], [])
    for i in range(torch.len(xs)):
      values = torch.append(values, float(torch.select(all, 0, i)))
    return values

  def to_cpu(self: __torch__.Kernels, x: Tensor) -> Tensor:
    return torch.to(torch.detach(x), torch.device("cpu"), ops.prim.dtype(x), False, True, None)

  # Copies on the device of place. From pinned memory the copy is queued, and libtorch keeps that memory until it is done.
  def upload_pinned(self: __torch__.Kernels, place: Tensor, xs: List[Tensor]) -> List[Tensor]:
    ys = annotate(List[Tensor], [])
    for i in range(torch.len(xs)):
      x = xs[i]
      if ops.prim.is_cpu(x):
        x = torch.pin_memory(torch.contiguous(x), None)
      ys = torch.append(ys, torch.to(x, ops.prim.device(place), ops.prim.dtype(x), True, True, None))
    return ys

  def upload(self: __torch__.Kernels, place: Tensor, xs: List[Tensor]) -> List[Tensor]:
    ys = annotate(List[Tensor], [])
    for i in range(torch.len(xs)):
      ys = torch.append(ys, torch.to(xs[i], ops.prim.device(place), ops.prim.dtype(xs[i]), False, True, None))
    return ys

  # For each tensor how many values are nan, and how many infinite, in one transfer.
  def non_finite(self: __torch__.Kernels, xs: List[Tensor]) -> List[int]:
    counts = annotate(List[Tensor], [])
    for i in range(torch.len(xs)):
      counts = torch.append(counts, torch.to(torch.sum(torch.isnan(xs[i])), ops.prim.device(xs[0])))
      counts = torch.append(counts, torch.to(torch.sum(torch.isinf(xs[i])), ops.prim.device(xs[0])))
    found = torch.cpu(torch.stack(counts))
    values = annotate(List[int], [])
    for i in range(torch.len(counts)):
      values = torch.append(values, int(torch.select(found, 0, i)))
    return values

  # Smallest whole number and its place, largest and its place, -100 aside, and the place of one of those, or -1.
  def value_range(self: __torch__.Kernels, x: Tensor) -> List[int]:
    flat = torch.to(torch.reshape(torch.detach(x), [-1]), 4)
    ignored = torch.eq(flat, -100)
    low = torch.masked_fill(flat, ignored, 9223372036854775807)
    high = torch.masked_fill(flat, ignored, -9223372036854775808)
    ignored_at = torch.where(torch.any(ignored), torch.argmax(torch.to(ignored, 4)), -1)
    found = torch.cpu(torch.stack([torch.min(low), torch.argmin(low), torch.max(high), torch.argmax(high), ignored_at]))
    values = annotate(List[int], [])
    for i in range(5):
      values = torch.append(values, int(torch.select(found, 0, i)))
    return values

  # Smallest and largest value, number, sum, sum of squares of the finite values, and then how many of them each bucket
  # has. Limits are the upper ends, rising, and no longer in the bucket.
  def histogram(self: __torch__.Kernels, x: Tensor, limits: Tensor) -> Tensor:
    all = torch.to(torch.reshape(torch.detach(x), [-1]), 7)
    y = torch.masked_select(all, torch.isfinite(all))
    ends = torch.to(limits, ops.prim.device(x))
    n = torch.size(limits, 0)
    stats = torch.zeros([5], dtype=7)
    if torch.numel(y) > 0:
      stats = torch.stack([torch.min(y), torch.max(y), torch.sum(torch.ones_like(y)), torch.sum(y),
                           torch.sum(torch.mul(y, y))])
    places = torch.clamp(torch.bucketize(y, ends, out_int32=False, right=True), None, n - 1)
    counts = torch.bincount(places, None, n)
    return torch.cat([torch.cpu(stats), torch.to(torch.cpu(counts), 7)])

  # A number as in torch/csrc ScalarType: 0 is uint8, 15 is bfloat16.
  def scalar_type(self: __torch__.Kernels, x: Tensor) -> int:
    return ops.prim.dtype(x)

  def to_type(self: __torch__.Kernels, x: Tensor, dtype: int) -> Tensor:
    return torch.to(torch.detach(x), dtype, False, True, None)

  # The memory of elements of another type. (TorchScript knows view(dtype) in the form that copies only.)
  def from_bytes(self: __torch__.Kernels, x: Tensor, dtype: int, shape: List[int]) -> Tensor:
    return torch.reshape(torch.view_copy(x, dtype=dtype), shape)

  def range_of(self: __torch__.Kernels, x: Tensor, start: int, end: int) -> Tensor:
    return torch.clone(torch.slice(torch.detach(x), 0, start, end, 1))

  # Elements from start to before end, in the order of the shape.
  def to_bytes(self: __torch__.Kernels, x: Tensor, start: int, end: int) -> Tensor:
    part = torch.slice(torch.reshape(torch.detach(x), [-1]), 0, start, end, 1)
    return torch.view_copy(torch.contiguous(part), dtype=0)

  def copy(self: __torch__.Kernels, targets: List[Tensor], sources: List[Tensor]) -> None:
    for i in range(torch.len(targets)):
      torch.copy_(targets[i], sources[i])
    return None

  def accumulate(self: __torch__.Kernels, targets: List[Tensor], sources: List[Tensor]) -> None:
    for i in range(torch.len(targets)):
      torch.add_(targets[i], torch.to(sources[i], targets[i]))
    return None

  # Whether its elements lie in the order of its shape without gaps.
  def contiguous(self: __torch__.Kernels, x: Tensor) -> int:
    return int(torch.is_contiguous(x))

  # How often each was changed in place, together.
  def versions(self: __torch__.Kernels, xs: List[Tensor]) -> int:
    sum = 0
    for i in range(torch.len(xs)):
      sum = sum + torch._version(xs[i])
    return sum

  # For each tensor the place of the first that is the same memory in the same shape and strides.
  def first_alike(self: __torch__.Kernels, xs: List[Tensor]) -> List[int]:
    firsts = annotate(List[int], [])
    for i in range(torch.len(xs)):
      first = i
      for j in range(i):
        if torch.eq(first, i):
          if torch.is_set_to(xs[i], xs[j]):
            first = j
      firsts = torch.append(firsts, first)
    return firsts

  # Whether x is part of a graph, or a leaf that takes a gradient.
  def takes_gradient(self: __torch__.Kernels, x: Tensor) -> int:
    if ops.prim.requires_grad(x):
      taken = 1
    else:
      taken = 0
    return taken

  # Makes each tensor what lies in flat at an offset, counted in elements of the tensors' type: the same tensors with
  # other memory. A flat of another type has their bytes. dims has the dimensions of all of them in a row, ranks says how
  # many each has.
  def place(self: __torch__.Kernels, xs: List[Tensor], flat: Tensor, offsets: List[int], dims: List[int],
            ranks: List[int]) -> None:
    typed = flat
    if ops.prim.dtype(xs[0]) != ops.prim.dtype(flat):
      typed = torch.view_copy(flat, dtype=ops.prim.dtype(xs[0]))
    first = 0
    for i in range(torch.len(xs)):
      shape = annotate(List[int], [])
      size = 1
      for d in range(ranks[i]):
        shape = torch.append(shape, dims[first + d])
        size = size * dims[first + d]
      first = first + ranks[i]
      x = torch.set_(xs[i], torch.view(torch.slice(typed, 0, offsets[i], offsets[i] + size), shape))
    return None

  # Takes the memory of tensors, which are left without elements.
  def displace(self: __torch__.Kernels, xs: List[Tensor]) -> None:
    for i in range(torch.len(xs)):
      x = torch.set_(xs[i])
    return None

  # Gives each tensor memory of its own, with any numbers in it; dims and ranks as in place.
  def allot(self: __torch__.Kernels, xs: List[Tensor], dims: List[int], ranks: List[int]) -> None:
    first = 0
    for i in range(torch.len(xs)):
      shape = annotate(List[int], [])
      for d in range(ranks[i]):
        shape = torch.append(shape, dims[first + d])
      first = first + ranks[i]
      x = torch.set_(xs[i], torch.empty(shape, dtype=ops.prim.dtype(xs[i]), device=ops.prim.device(xs[i])))
    return None

  # A tensor of a type as in scalar_type, on the device of another, with any numbers in it.
  def unset(self: __torch__.Kernels, place: Tensor, dtype: int, shape: List[int]) -> Tensor:
    return torch.empty(shape, dtype=dtype, device=ops.prim.device(place))

  # Copies values into elements of x from start on, in the order of its shape and in its type; x has no gaps.
  def put(self: __torch__.Kernels, x: Tensor, start: int, values: Tensor) -> None:
    part = torch.slice(torch.view(torch.detach(x), [-1]), 0, start, start + torch.numel(values), 1)
    y = torch.copy_(part, torch.detach(values))
    return None

  # The same where words, float32 numbers, have the bytes of elements of the type of like: those bytes of the values that lie
  # from start to before end go to the byte at.
  def put_bytes(self: __torch__.Kernels, words: Tensor, at: int, values: Tensor, like: Tensor, start: int,
                end: int) -> None:
    typed = torch.to(torch.detach(values), ops.prim.dtype(like), False, True, None)
    part = torch.slice(torch.view_copy(typed, dtype=0), 0, start, end, 1)
    bytes = torch.view_copy(words, dtype=0)
    x = torch.copy_(torch.slice(bytes, 0, at, at + end - start, 1), part)
    y = torch.copy_(words, torch.view_copy(bytes, dtype=6))
    return None
