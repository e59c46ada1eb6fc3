# SPDX-License-Identifier: Apache-2.0
"""Writes optimizers_more.json: parameters after each of 12 updates from given gradients, by the published formulas of
optimizers that PyTorch does not have, written out plainly in numpy and float64. The gradients and the start are those of
optimizers.json beside it, and for 8 bits (states of 4,096 numbers and more) a matrix of its own.

    python optimizers_more.py

Lion: Chen et al., 2023, algorithm 2. AdEMAMix: Pagliardini et al., 2024, algorithm 1 and the schedulers of appendix A.
StableAdamW: Wortsman et al., 2023, algorithm 2, with the debiased betas of optimi. 8 bits: Dettmers et al., 2022, with the dynamic map and blocks
of 256 of bitsandbytes; a first moment keeps its sign.
"""
import json
import math
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
GOLDEN = json.loads((HERE / "optimizers.json").read_text())


class Lion:
    def __init__(self, lr, betas=(0.9, 0.999), weight_decay=0.0):
        self.lr, self.b1, self.b2, self.decay = lr, *betas, weight_decay

    def step(self, state, p, g, t):
        m = state.setdefault("m", np.zeros_like(p))
        update = np.sign(self.b1 * m + (1 - self.b1) * g)
        state["m"] = self.b2 * m + (1 - self.b2) * g
        return p - self.lr * (update + self.decay * p)


class AdEMAMix:
    def __init__(self, lr, betas=(0.9, 0.999), beta3=0.9999, alpha=5.0, eps=1e-8, weight_decay=0.0, t_alpha=None, t_beta3=None):
        self.lr, self.b1, self.b2, self.b3, self.alpha, self.eps, self.decay = lr, *betas, beta3, alpha, eps, weight_decay
        self.t_alpha, self.t_beta3 = t_alpha, t_beta3

    def step(self, state, p, g, t):
        alpha, b3 = self.alpha, self.b3
        if self.t_alpha is not None:
            alpha = min(t / self.t_alpha * alpha, alpha)
        if self.t_beta3 is not None:
            share, low, high = t / self.t_beta3, math.log(self.b1), math.log(self.b3)
            b3 = min(math.exp(low * high / ((1 - share) * high + share * low)), b3)
        m1, m2, v = (state.setdefault(k, np.zeros_like(p)) for k in ("m1", "m2", "v"))
        state["m1"] = m1 = self.b1 * m1 + (1 - self.b1) * g
        state["m2"] = m2 = b3 * m2 + (1 - b3) * g
        state["v"] = v = self.b2 * v + (1 - self.b2) * g * g
        update = (m1 / (1 - self.b1**t) + alpha * m2) / (np.sqrt(v / (1 - self.b2**t)) + self.eps)
        return p - self.lr * (update + self.decay * p)


class StableAdamW:
    def __init__(self, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decouple_lr=False, max_lr=None):
        self.lr, self.b1, self.b2, self.eps, self.decay = lr, *betas, eps, weight_decay
        self.shrink = weight_decay / (max_lr or lr) if decouple_lr else weight_decay

    def step(self, state, p, g, t):
        b1, b2 = (b * (1 - b ** (t - 1)) / (1 - b**t) for b in (self.b1, self.b2))
        m, v = (state.setdefault(k, np.zeros_like(p)) for k in ("m", "v"))
        state["m"] = m = b1 * m + (1 - b1) * g
        state["v"] = v = b2 * v + (1 - b2) * g * g
        rms = math.sqrt(np.mean(g * g / np.maximum(v, self.eps**2)))
        lr = self.lr / max(1.0, rms)
        return p * (1 - lr * self.shrink) - lr * m / (np.sqrt(v) + self.eps)


def dynamic_map(signed):
    """The 256 values of the dynamic type: seven decades, each with twice as many values as the one below."""
    values = [0.0, 1.0]
    for decade in range(7):
        edges = np.linspace(0.1, 1, 2 ** (decade + (0 if signed else 1)) + 1)
        means = (edges[:-1] + edges[1:]) / 2 * 10.0 ** (decade - 6)
        values += list(means) + (list(-means) if signed else [])
    return np.sort(np.array(values))


class Blocks:
    SIZE = 256

    def __init__(self, signed):
        self.signed, self.code = signed, dynamic_map(signed)

    def pack(self, x):
        flat = np.pad(x.ravel(), (0, -x.size % self.SIZE)).reshape(-1, self.SIZE)
        largest = np.abs(flat).max(1, keepdims=True)
        scaled = flat / np.where(largest == 0, 1, largest)
        nearest = np.abs(scaled[..., None] - self.code).argmin(-1)
        if self.signed:
            nearest = nearest - ((scaled < 0) & (self.code[nearest] == 0))
        return nearest, largest

    def unpack(self, packed, shape):
        nearest, largest = packed
        return (self.code[nearest] * largest).ravel()[: math.prod(shape)].reshape(shape)


class AdamW8bit:
    def __init__(self, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        self.lr, self.b1, self.b2, self.eps, self.decay = lr, *betas, eps, weight_decay

    def step(self, state, p, g, t):
        if p.size < 4096:
            pack = unpack = {"m": lambda x: x, "v": lambda x: x}
        else:
            blocks = {"m": Blocks(True), "v": Blocks(False)}
            pack = {k: b.pack for k, b in blocks.items()}
            unpack = {k: lambda x, b=b: b.unpack(x, p.shape) for k, b in blocks.items()}
        m, v = (unpack[k](state[k]) if k in state else np.zeros_like(p) for k in ("m", "v"))
        m = self.b1 * m + (1 - self.b1) * g
        v = self.b2 * v + (1 - self.b2) * g * g
        state["m"], state["v"] = pack["m"](m), pack["v"](v)
        p = p * (1 - self.lr * self.decay)
        return p - self.lr * (m / (1 - self.b1**t)) / (np.sqrt(v / (1 - self.b2**t)) + self.eps)


def wide():
    """Numbers that Java makes, too: no matrix of 4,800 numbers in a file, and only some of what they become."""
    i = np.arange(96 * 50).reshape(96, 50)
    start = np.sin(i * 0.7)
    gradients = [np.sin(i * (0.3 + 0.11 * t)) * 10.0 ** (np.cos(i * 0.013 + t) * 2) for t in range(12)]
    return start, gradients


def case(name, kwargs, made, init, grads, kept=lambda p: p.ravel().tolist()):
    state, params, after = {k: {} for k in init}, dict(init), []
    for t, g in enumerate(grads, 1):
        for k in params:
            params[k] = made.step(state[k], params[k], g[k], t)
        after.append({k: kept(p) for k, p in params.items()})
    return {"name": name, "args": kwargs, "after": after}


def main():
    shapes = GOLDEN["shapes"]
    init = {k: np.array(v).reshape(shapes[k]) for k, v in GOLDEN["init"].items()}
    grads = [{k: np.array(v).reshape(shapes[k]) for k, v in g.items()} for g in GOLDEN["grads"]]
    cases = [
        ("lion_32bit", dict(lr=0.01, betas=(0.9, 0.99), weight_decay=0.1), Lion),
        ("lion_32bit", dict(lr=0.001), Lion),
        ("ademamix", dict(lr=0.01, weight_decay=0.1), AdEMAMix),
        ("ademamix", dict(lr=0.01, betas=(0.8, 0.95), beta3=0.99, alpha=2.0, eps=1e-3, t_alpha=8, t_beta3=20), AdEMAMix),
        ("stable_adamw", dict(lr=0.01, weight_decay=0.1), StableAdamW),
        ("stable_adamw", dict(lr=0.01, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.001, decouple_lr=True, max_lr=0.02), StableAdamW),
        ("adamw_8bit", dict(lr=0.01, weight_decay=0.1), AdamW8bit),
    ]
    out = [case(name, kw, kind(**kw), init, grads) for name, kw, kind in cases]
    start, gradients = wide()
    kw = dict(lr=0.01, betas=(0.9, 0.99), weight_decay=0.1)
    some = lambda p: p.ravel()[::97].tolist()
    big = case("adamw_8bit", kw, AdamW8bit(**kw), {"wide": start}, [{"wide": g} for g in gradients], some)
    maps = {"signed": dynamic_map(True).tolist(), "unsigned": dynamic_map(False).tolist()}
    (HERE / "optimizers_more.json").write_text(json.dumps({"cases": out, "wide": big, "maps": maps}))


main()
