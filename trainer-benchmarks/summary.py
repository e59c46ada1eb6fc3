# SPDX-License-Identifier: Apache-2.0
"""Prints the medians of compare.sh's JSON lines as Markdown. usage: summary.py FILE"""

import json
import math
import sys
from collections import defaultdict
from statistics import median

SIDES = {"raw": "PyTorch", "trainer": "HF Trainer", "trl": "TRL", "trainer4j": "Trainer4J"}
PHASES = ("forward_backward_us", "optimizer_us", "loop_us", "data_us")


def rounds(lines):
    """The lines by case and side, in the order of the rounds."""
    found = defaultdict(lambda: defaultdict(list))
    for line in lines:
        if "mode" in line:
            name = line["case"] + (", bf16" if line["bf16"] else "")
            found[name][line["mode"]].append(line)
    return found


def ratio(ours, theirs):
    """The median of the ratios of each round: what slows a whole round down cancels out."""
    return median(updates_a_second(a) / updates_a_second(b) for a, b in zip(ours, theirs))


def updates_a_second(run):
    """Not the field steps_per_s, whose two decimals say little of a large model."""
    return run["steps"] / run["seconds"]


def speed(runs):
    """The median of the updates a second, of three digits or so."""
    value = median(updates_a_second(run) for run in runs)
    return f"{value:.{max(1, 2 - math.floor(math.log10(value)))}f}"


def shares(runs):
    """What the medians of the phases are of their sum; nothing of runs that have none."""
    if PHASES[0] not in runs[0]:
        return []
    micros = [median(run[phase] for run in runs) for phase in PHASES]
    return [value / sum(micros) for value in micros]


def main():
    with open(sys.argv[1]) as file:
        lines = [json.loads(line) for line in file]
    print("| case | side | threads | updates/s | Trainer4J is | peak resident MB | start to first update s |")
    print("|---|---|---|---|---|---|---|")
    cases = rounds(lines)
    for case, sides in cases.items():
        for mode, name in SIDES.items():
            runs = sides.get(mode)
            if not runs:
                continue
            times = "" if mode == "trainer4j" else f"{ratio(sides['trainer4j'], runs):.2f}x"
            first = [run["first_update_s"] for run in runs if "first_update_s" in run]
            print(
                f"| {case} | {name} | {median(run.get('threads', 0) for run in runs):.0f} | {speed(runs)} | {times} "
                f"| {median(run['peak_rss_mb'] for run in runs):.0f} | {f'{median(first):.2f}' if first else ''} |"
            )
    for case, sides in cases.items():
        for mode, name in SIDES.items():
            tokens = [run["tokens_per_s"] for run in sides.get(mode, []) if "tokens_per_s" in run]
            if tokens:
                print(f"\n{case}, {name}: {median(tokens):.0f} tokens a second, padding not counted.")
    print("\n| case | forward and backward | update | other parts of the loop | waiting for data |")
    print("|---|---|---|---|---|")
    for case, sides in cases.items():
        if found := shares(sides["trainer4j"]):
            print(f"| {case} | {' | '.join(f'{share:.1%}' for share in found)} |")
    for case, sides in cases.items():
        for mode, name in SIDES.items():
            long_runs = [run for run in sides.get(mode, []) if "rss_mb_at_10000" in run]
            if long_runs:
                early, late = (median(run[f"rss_mb_at_{n}"] for run in long_runs) for n in (1000, 10000))
                print(f"\n{case}, {name}: {early:.1f} MB resident after 1,000 updates, {late:.1f} after 10,000.")
    for line in lines:
        if line["case"] == "one-core-busy":
            print("\nAnother process kept one core busy.")
        if line["case"] == "save-stall":
            print(f"\nA save stalls the loop for {line['sync_ms']} ms, with asyncSave for {line['async_ms']} ms.")


if __name__ == "__main__":
    main()
