"""The methods of METHODS.md, as far as the demo's study needs them.

Adapters (§1), elastic ranks and widths (§2), training (§4), Wanda (§5),
NSGA-II (§9) and MACs (§10), each in a few lines of PyTorch.
"""
import math
import random
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F

import llama
from llama import LINEAR, module_name

ATTENTION, GATE, UP, DOWN = LINEAR[:3], LINEAR[4], LINEAR[5], LINEAR[6]


# ---------------------------------------------------------------- search spaces

@dataclass
class Space:
    """Genes are indices into descending choice lists, as in §3."""
    cfg: dict
    rank: int
    targets: list
    groups: list = field(default_factory=list)      # (kind, layer, parts, choices)

    def choices(self):
        return [group[3] for group in self.groups]

    def values(self, genome):
        return [choices[g] for choices, g in zip(self.choices(), genome)]

    def maximal(self):
        return (0,) * len(self.groups)

    def minimal(self):
        return tuple(len(c) - 1 for c in self.choices())

    def heuristic(self):
        return tuple((len(c) - 1) // 2 for c in self.choices())

    def sample(self, rng):
        return tuple(rng.randrange(len(c)) for c in self.choices())


def fixed_space(cfg, rank, targets):
    return Space(cfg, rank, targets)


def shears_space(cfg, rank, targets, fractions=(1, 0.75, 0.5)):
    """One rank gene for [q, k, v] together, one each for the other targets."""
    ranks = [round(rank * f) for f in fractions]
    parts = [ATTENTION] + [[t] for t in targets if t not in ATTENTION]
    groups = [("rank", layer, p, ranks) for layer in range(cfg["num_hidden_layers"]) for p in parts]
    return Space(cfg, rank, targets, groups)


def lonas_space(cfg, rank, targets, widths=(1, .875, .75, .625, .5), fractions=(1, .875)):
    """[q, k, v] rank, FFN width, [gate, up] rank; the rank of down is fixed."""
    ranks = [round(rank * f) for f in fractions]
    ffn = [round(cfg["intermediate_size"] * f / 8) * 8 for f in widths]
    groups = []
    for layer in range(cfg["num_hidden_layers"]):
        groups += [("rank", layer, ATTENTION, ranks), ("width", layer, [], ffn), ("rank", layer, [GATE, UP], ranks)]
    return Space(cfg, rank, targets, groups)


def masks_of(space, genomes):
    """One genome for each sequence of the batch -> masks for llama.Llama."""
    masks = {"rank": {}, "width": {}}
    values = torch.tensor([space.values(g) for g in genomes])
    for column, (kind, layer, parts, choices) in enumerate(space.groups):
        active = values[:, column, None, None]
        if kind == "width":
            masks["width"][layer] = (torch.arange(max(choices)) < active).float()
        for part in parts:
            masks["rank"][module_name(layer, part)] = (torch.arange(space.rank) < active).float()
    return masks


def macs_per_position(space, genome=None, adapters=True):
    """§10: linear modules, unmerged adapters and lm_head; no attention products."""
    cfg = space.cfg
    ffn = {layer: cfg["intermediate_size"] for layer in range(cfg["num_hidden_layers"])}
    rank = {}
    for (kind, layer, parts, _), value in zip(space.groups, space.values(genome or space.maximal())):
        if kind == "width":
            ffn[layer] = value
        rank.update({(layer, part): value for part in parts})
    total = cfg["vocab_size"] * cfg["hidden_size"]
    for layer in ffn:
        for part in LINEAR:
            out, inp = llama.shape_of(cfg, part)
            out = ffn[layer] if part in (GATE, UP) else out
            inp = ffn[layer] if part == DOWN else inp
            total += out * inp
            if adapters and part in space.targets:
                total += rank.get((layer, part), space.rank) * (out + inp)
    return total


# ---------------------------------------------------------------- compression

def input_norms(model, ids, real, layer, x):
    """‖X_j‖ over real positions for each linear module of one block."""
    norms = {}
    model.block(x, layer, tap=lambda part, h: norms.setdefault(part, h[real].pow(2).sum(0).sqrt()))
    return norms


def wanda(cfg, weights, ids, real, sparsity=0.5):
    """§5, layer by layer: score from one forward, prune, feed the pruned output on."""
    weights = dict(weights)
    model = llama.Llama(cfg, weights)
    with torch.no_grad():
        x = weights["model.embed_tokens.weight"][ids]
        for layer in range(cfg["num_hidden_layers"]):
            norms = input_norms(model, ids, real, layer, x)
            for part in LINEAR:
                name = module_name(layer, part) + ".weight"
                w = weights[name].clone()
                order = torch.sort(w.abs() * norms[part], dim=1, stable=True).indices
                w.scatter_(1, order[:, :int(w.shape[1] * sparsity)], 0.0)
                weights[name] = w
            x = model.block(x, layer)
    return weights


def order_channels(cfg, weights, ids, real):
    """§2, mode B: the most important FFN channels first; the model's output does not change."""
    weights = dict(weights)
    model = llama.Llama(cfg, weights)
    with torch.no_grad():
        x = weights["model.embed_tokens.weight"][ids]
        for layer in range(cfg["num_hidden_layers"]):
            norms = input_norms(model, ids, real, layer, x)
            gate, up, down = (module_name(layer, part) + ".weight" for part in (GATE, UP, DOWN))
            score = (weights[gate].abs() * norms[GATE]).sum(1) + (weights[up].abs() * norms[UP]).sum(1) \
                + weights[down].abs().sum(0) * norms[DOWN]
            order = torch.sort(score, descending=True, stable=True).indices
            weights[gate], weights[up], weights[down] = weights[gate][order], weights[up][order], weights[down][:, order]
            x = model.block(x, layer)
    return weights


# ---------------------------------------------------------------- training

def new_adapters(space, generator):
    """A Kaiming-uniform with a = √5 (bound 1/√in), B zero."""
    adapters = {}
    for layer in range(space.cfg["num_hidden_layers"]):
        for part in space.targets:
            out, inp = llama.shape_of(space.cfg, part)
            a = (torch.rand(space.rank, inp, generator=generator) * 2 - 1) / math.sqrt(inp)
            adapters[module_name(layer, part)] = (a.requires_grad_(), torch.zeros(out, space.rank, requires_grad=True))
    return adapters


def draw(space, rng, batch, sampling):
    """The sub-networks of one batch: each sequence its own, or also max and min every step."""
    genomes = [space.sample(rng) for _ in range(batch)]
    if sampling == "sandwich":
        genomes[0], genomes[1] = space.maximal(), space.minimal()
    return genomes


def train(space, weights, data, hyper, seed, sampling="uniform"):
    """Fine-tune adapters on `data` = (ids, predicts); returns the model."""
    rng, generator = random.Random(seed), torch.Generator().manual_seed(seed)
    adapters = new_adapters(space, generator)
    model = llama.Llama(space.cfg, weights, adapters, hyper["alpha"] / space.rank)
    parameters = [p for pair in adapters.values() for p in pair]
    optimizer = torch.optim.AdamW(parameters, lr=hyper["lr"], betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    ids, predicts = data
    order = []
    for step in range(hyper["steps"]):
        warm = min(1, (step + 1) / max(1, hyper["warm_up"]))
        optimizer.param_groups[0]["lr"] = hyper["lr"] * warm * 0.5 * (1 + math.cos(math.pi * step / hyper["steps"]))
        if len(order) < hyper["batch"]:
            order = torch.randperm(len(ids), generator=generator).tolist()
        rows, order = order[:hyper["batch"]], order[hyper["batch"]:]
        masks = masks_of(space, draw(space, rng, len(rows), sampling)) if space.groups else None
        logits = model.logits(ids[rows], masks, predicts[rows])
        loss = F.cross_entropy(logits, ids[rows].roll(-1, 1)[predicts[rows]])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
    return model


def score(model, space, genome, data):
    masks = masks_of(space, [genome]) if space.groups else None
    return llama.exact_match(model, *data, masks)


# ---------------------------------------------------------------- search

def nsga2(space, evaluate, budget, seed, population=8):
    """§9: `evaluate(genome)` -> accuracy. Returns {genome: (MACs, accuracy)} of all it scored."""
    rng, seen = random.Random(seed), {}
    choices = space.choices()

    def visit(genome):
        if genome not in seen and len(seen) < budget:
            seen[genome] = (macs_per_position(space, genome), evaluate(genome))
        return genome in seen

    parents = [space.maximal(), space.heuristic(), space.minimal()]
    while len(parents) < population:
        candidate = space.sample(rng)
        parents += [candidate] if candidate not in parents else []
    for genome in parents:
        visit(genome)
    while len(seen) < budget:
        ranked = survivors(parents, seen, population)
        place = {genome: i for i, genome in enumerate(ranked)}
        pick = lambda: min(rng.sample(ranked, 2), key=place.get)
        children, tries = [], 0
        while len(children) < population and tries < 1000:
            tries += 1
            for child in crossover(pick(), pick(), choices, rng):
                child = mutate(child, choices, rng)
                if child not in seen and child not in children:
                    children.append(child)
        if not children:
            break
        parents = ranked + [c for c in children[:population] if visit(c)]
    return seen


def crossover(p, q, choices, rng, probability=0.9, eta=10):
    """Simulated binary crossover on indices, rounded."""
    if rng.random() > probability:
        return p, q
    one, two = list(p), list(q)
    for i, options in enumerate(choices):
        if rng.random() < 0.5 and p[i] != q[i]:
            u = rng.random()
            beta = (2 * u) ** (1 / (eta + 1)) if u < 0.5 else (1 / (2 * (1 - u))) ** (1 / (eta + 1))
            values = [0.5 * ((1 + s * beta) * p[i] + (1 - s * beta) * q[i]) for s in (1, -1)]
            if rng.random() < 0.5:
                values.reverse()
            one[i], two[i] = (min(len(options) - 1, max(0, round(v))) for v in values)
    return tuple(one), tuple(two)


def mutate(genome, choices, rng, eta=3):
    """Polynomial mutation, one gene in n on average."""
    child = list(genome)
    for i, options in enumerate(choices):
        if rng.random() < 1 / len(choices):
            u = rng.random()
            delta = (2 * u) ** (1 / (eta + 1)) - 1 if u < 0.5 else 1 - (2 * (1 - u)) ** (1 / (eta + 1))
            child[i] = min(len(options) - 1, max(0, round(child[i] + delta * (len(options) - 1))))
    return tuple(child)


def dominates(a, b):
    """(MACs, accuracy): fewer and higher."""
    return a[0] <= b[0] and a[1] >= b[1] and a != b


def survivors(genomes, seen, count):
    """The best `count` by front, then by crowding distance."""
    left, ranked = list(dict.fromkeys(genomes)), []
    while left and len(ranked) < count:
        front = [g for g in left if not any(dominates(seen[o], seen[g]) for o in left)]
        left = [g for g in left if g not in front]
        ranked += sorted(front, key=crowding(front, seen), reverse=True)
    return ranked[:count]


def crowding(front, seen):
    distance = dict.fromkeys(front, 0.0)
    for objective in (0, 1):
        line = sorted(front, key=lambda g: seen[g][objective])
        span = (seen[line[-1]][objective] - seen[line[0]][objective]) or 1.0
        distance[line[0]] = distance[line[-1]] = float("inf")
        for before, g, after in zip(line, line[1:], line[2:]):
            distance[g] += (seen[after][objective] - seen[before][objective]) / span
    return distance.get
