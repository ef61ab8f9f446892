#!/usr/bin/env python3
"""Does the demo tell the paper's story? Every recipe, several seeds, test split.

A seed decides the split, the adapters' start, the order of the batches, the
sub-networks drawn and the search. Writes study.json and the table of study.md
(between its two markers; the reading around it is written by hand).
"""
import argparse
import json
import random
import statistics
import time
from pathlib import Path

import one_thread  # noqa: F401 (first)
import compress
import generate
import llama
from compress import DOWN, GATE, UP

HERE = Path(__file__).resolve().parent
ATTENTION = compress.ATTENTION
HYPER = {"steps": 300, "batch": 8, "lr": 3e-3, "alpha": 16, "warm_up": 0}
RANK, SPARSITY, CALIBRATION, VALIDATION, TEST, BUDGET, TOLERANCE = 8, 0.5, 128, 160, 600, 45, 0.01
LORA_TARGETS = ATTENTION + [UP, DOWN]
LONAS_TARGETS = ATTENTION + [GATE, UP, DOWN]


def load_base():
    folder = generate.DEMO / "model"
    return json.loads((folder / "config.json").read_text()), llama.load_safetensors(folder / "model.safetensors")


def splits(seed):
    """Seeded train, validation and test splits, all padded to the longest example."""
    lines = (generate.DEMO / "data" / "problems.jsonl").read_text().splitlines()
    tokenizer = generate.Tokenizer()
    examples = [tokenizer.example(p["question"], p["answer"]) for p in map(json.loads, lines)]
    length = max(len(ids) for ids, _ in examples)
    random.Random(seed).shuffle(examples)
    parts = examples[:VALIDATION], examples[VALIDATION:VALIDATION + TEST], examples[VALIDATION + TEST:]
    validation, test, train = (llama.batch_of(part, tokenizer.pad, length) for part in parts)
    return train, validation, test


def choose(seen, heuristic):
    """Of all sub-networks scored: the most accurate, and the cheapest that is as good as the heuristic."""
    best = min(seen, key=lambda g: (-seen[g][1], seen[g][0]))
    floor = seen[heuristic][1] - TOLERANCE
    cheapest = min((g for g in seen if seen[g][1] >= floor), key=lambda g: (seen[g][0], -seen[g][1]))
    return best, cheapest


class Table:
    def __init__(self, cfg):
        self.rows, self.base = {}, compress.macs_per_position(compress.fixed_space(cfg, 0, []), adapters=False)

    def add(self, label, accuracy, space, genome=None, adapters=True, mergeable=False):
        row = self.rows.setdefault(label, {"accuracy": [], "macs": [], "merged": []})
        row["accuracy"].append(100 * accuracy)
        row["macs"].append(compress.macs_per_position(space, genome, adapters) / self.base)
        row["merged"].append(compress.macs_per_position(space, genome, False) / self.base if mergeable else None)


def named(space):
    return [("heuristic", space.heuristic()), ("maximal", space.maximal()), ("minimal", space.minimal())]


def run_elastic(table, name, space, model, validation, test, seed, mergeable):
    """Heuristic, maximal, minimal and what the search finds on the validation split; -> its points."""
    seen = compress.nsga2(space, lambda g: compress.score(model, space, g, validation), BUDGET, seed)
    best, cheapest = choose(seen, space.heuristic())
    for label, genome in named(space) + [("found: most accurate", best),
                                         ("found: cheapest as good as the heuristic", cheapest)]:
        table.add(f"{name}, {label}", compress.score(model, space, genome, test), space, genome, mergeable=mergeable)
    return [{"genome": " ".join(map(str, g)), "macs": m, "validation": a} for g, (m, a) in seen.items()]


def run_seed(table, cfg, weights, seed):
    train, validation, test = splits(seed)
    calibration = train[0][:CALIBRATION]
    real = calibration != 0
    fixed = compress.fixed_space(cfg, RANK, LORA_TARGETS)
    shears = compress.shears_space(cfg, RANK, LORA_TARGETS)
    lonas = compress.lonas_space(cfg, RANK, LONAS_TARGETS)
    score = compress.score

    def fit(space, base, sampling="uniform"):
        return compress.train(space, base, train, HYPER, seed, sampling)

    searches = {}

    table.add("dense, w/o tune", score(llama.Llama(cfg, weights), fixed, None, test), fixed, adapters=False, mergeable=True)
    table.add("dense, LoRA", score(fit(fixed, weights), fixed, None, test), fixed, mergeable=True)

    pruned = compress.wanda(cfg, weights, calibration, real, SPARSITY)
    table.add("50 %, w/o tune", score(llama.Llama(cfg, pruned), fixed, None, test), fixed, adapters=False)
    lora = fit(fixed, pruned)
    table.add("50 %, LoRA", score(lora, fixed, None, test), fixed)
    for label, genome in [("three quarters", shears.heuristic()), ("half", shears.minimal())]:
        table.add(f"50 %, LoRA cut to {label} of its rank", score(lora, shears, genome, test), shears, genome)
    searches["Shears"] = run_elastic(table, "50 %, Shears", shears, fit(shears, pruned), validation, test, seed, False)

    ordered = compress.order_channels(cfg, weights, calibration, real)
    for label, genome in [("heuristic", lonas.heuristic()), ("minimal", lonas.minimal())]:
        table.add(f"sliced as LoNAS's {label}, w/o tune", score(llama.Llama(cfg, ordered), lonas, genome, test),
                  lonas, genome, adapters=False, mergeable=True)
    searches["LoNAS"] = run_elastic(table, "LoNAS", lonas, fit(lonas, ordered), validation, test, seed, True)

    for name, space, base in [("50 %, Shears", shears, pruned), ("LoNAS", lonas, ordered)]:
        model = fit(space, base, "sandwich")
        for label, genome in named(space):
            table.add(f"{name} with sandwich sampling, {label}", score(model, space, genome, test), space, genome,
                      mergeable=space is lonas)
    return searches


def mean_sd(values):
    return f"{statistics.mean(values):.1f} ± {statistics.stdev(values) if len(values) > 1 else 0:.1f}"


def markdown(rows):
    lines = ["| | exact match, % | MACs, adapters apart | MACs, merged |", "|---|---|---|---|"]
    for label, row in rows.items():
        merged = f"{statistics.mean(row['merged']):.2f}" if row["merged"][0] is not None else "–"
        lines.append(f"| {label} | {mean_sd(row['accuracy'])} | {statistics.mean(row['macs']):.2f} | {merged} |")
    return "\n".join(lines)


def flops(cfg, length):
    """The estimate the demo's budget was made with (2 FLOP a MAC)."""
    lonas = compress.lonas_space(cfg, RANK, LONAS_TARGETS)
    linear = compress.macs_per_position(lonas, adapters=False)
    heuristic = compress.macs_per_position(lonas, lonas.heuristic())
    return {"linear_parameters": linear, "padded_length": length,
            "training_gflop": 4.5 * linear * HYPER["steps"] * HYPER["batch"] * length / 1e9,
            "evaluation_gflop": 2 * heuristic * BUDGET * VALIDATION * length / 1e9}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    args = parser.parse_args()
    cfg, weights = load_base()
    table, searches, start = Table(cfg), [], time.time()
    for seed in range(args.seeds):
        searches.append(run_seed(table, cfg, weights, seed))
        print("seed", seed, f"{time.time() - start:.0f} s\n" + markdown(table.rows), flush=True)
    settings = {**HYPER, "rank": RANK, "sparsity": SPARSITY, "calibration": CALIBRATION, "validation": VALIDATION,
                "test": TEST, "evaluations": BUDGET, "tolerance": TOLERANCE, "seeds": args.seeds,
                "targets": {"LoRA, Shears": LORA_TARGETS, "LoNAS": LONAS_TARGETS}}
    generate.write_json(HERE / "study.json", {
        "settings": settings, "cost": flops(cfg, splits(0)[0][0].shape[1]), "rows": table.rows, "searches": searches})
    page = HERE / "study.md"
    before, _, rest = page.read_text().partition("<!-- table -->")
    page.write_text(before + "<!-- table -->\n" + markdown(table.rows) + "\n<!-- end -->" + rest.partition("<!-- end -->")[2])


if __name__ == "__main__":
    main()
