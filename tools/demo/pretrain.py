#!/usr/bin/env python3
"""Pre-train the demo's base model and write public/demo/model. Seeded; one thread."""
import argparse
import math
import random
import time
from pathlib import Path

import one_thread  # noqa: F401 (first)
import torch
import torch.nn.functional as F

import generate
import llama


def learning_rate(step, steps, peak, warm_up=200):
    return peak * min((step + 1) / warm_up, 0.5 * (1 + math.cos(math.pi * step / steps)))


def loss_of(model, ids, predicts, pad, prompt_weight):
    """Cross entropy of the answer tokens, plus a little of all others (language modelling)."""
    target = ids.roll(-1, 1)
    logits = model.logits(ids)
    real = target != pad
    real[:, -1] = False
    losses = F.cross_entropy(logits[real], target[real], reduction="none")
    answer = predicts[real]
    return losses[answer].mean() + prompt_weight * losses[~answer].mean()


def held_out(rng, make, tokenizer, length, count=500):
    return llama.batch_of([tokenizer.example(*make(rng)) for _ in range(count)], tokenizer.pad, length)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=80)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--ffn", type=int, default=256)
    parser.add_argument("--two-step", type=float, default=0.5)
    parser.add_argument("--prompt-weight", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=generate.DEMO / "model")
    args = parser.parse_args()

    tokenizer, length, rng = generate.Tokenizer(), 27, random.Random(args.seed)
    cfg = llama.config(len(generate.vocabulary()), args.hidden, args.layers, args.ffn)
    weights = llama.initial_weights(cfg, torch.Generator().manual_seed(args.seed))
    for w in weights.values():
        w.requires_grad_(True)
    model = llama.Llama(cfg, weights)
    print(sum(w.numel() for w in weights.values()), "parameters", flush=True)
    optimizer = torch.optim.AdamW([
        {"params": [w for w in weights.values() if w.dim() > 1], "weight_decay": 0.05},
        {"params": [w for w in weights.values() if w.dim() == 1], "weight_decay": 0.0}], betas=(0.9, 0.98))

    make = lambda r: generate.pretraining_example(r, two_step_share=args.two_step)
    checks = {
        "sums": held_out(random.Random(7), generate.sum_example, tokenizer, length),
        "stories": held_out(random.Random(7), lambda r: generate.story_example(r, args.two_step), tokenizer, length),
        "task": held_out(random.Random(7), generate.task_example, tokenizer, length)}
    start = time.time()
    for step in range(args.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, args.steps, args.lr)
        ids, predicts = llama.batch_of([tokenizer.example(*make(rng)) for _ in range(args.batch)], tokenizer.pad, length)
        loss = loss_of(model, ids, predicts, tokenizer.pad, args.prompt_weight)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
        optimizer.step()
        if (step + 1) % 500 == 0:
            scores = {name: f"{100 * llama.exact_match(model, *data):.1f}" for name, data in checks.items()}
            print(step + 1, f"{loss.item():.3f}", scores, f"{time.time() - start:.0f} s", flush=True)
    args.out.mkdir(parents=True, exist_ok=True)
    llama.save_safetensors(args.out / "model.safetensors", weights)
    generate.write_json(args.out / "config.json", cfg)
    generate.write_json(args.out / "generation_config.json", {
        "bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0, "do_sample": False, "max_new_tokens": 4})


if __name__ == "__main__":
    main()
