"""A Llama as Hugging Face defines it, small, with elastic low-rank adapters.

Weights are a dict of tensors under their Hugging Face names. `masks` holds, for
a module, what of it is active in each sequence of the batch: `rank[name]`
[batch, 1, r_max] for adapters and `width[layer]` [batch, 1, ffn] for the FFN.
Masking equals slicing: a masked channel or rank contributes exactly nothing.
"""
import json
import math
import struct

import torch
import torch.nn.functional as F

LINEAR = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
          "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]


def config(vocab, hidden=64, layers=2, ffn=256, heads=4, kv_heads=2):
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "torch_dtype": "float16",
        "vocab_size": vocab, "hidden_size": hidden, "intermediate_size": ffn,
        "num_hidden_layers": layers, "num_attention_heads": heads, "num_key_value_heads": kv_heads,
        "head_dim": hidden // heads, "hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
        "rope_scaling": None, "max_position_embeddings": 64, "attention_bias": False, "mlp_bias": False,
        "attention_dropout": 0.0, "initializer_range": 0.02, "tie_word_embeddings": True,
        "use_cache": True, "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3,
    }


def module_name(layer, part):
    return f"model.layers.{layer}.{part}"


def shape_of(cfg, part):
    """[out, in] of a linear module."""
    hidden, ffn, d = cfg["hidden_size"], cfg["intermediate_size"], cfg["head_dim"]
    q, kv = cfg["num_attention_heads"] * d, cfg["num_key_value_heads"] * d
    return dict(zip(LINEAR, [(q, hidden), (kv, hidden), (kv, hidden), (hidden, q),
                             (ffn, hidden), (ffn, hidden), (hidden, ffn)]))[part]


def initial_weights(cfg, generator):
    hidden = cfg["hidden_size"]
    weights = {"model.embed_tokens.weight": torch.randn(cfg["vocab_size"], hidden, generator=generator) / hidden ** 0.5}
    for layer in range(cfg["num_hidden_layers"]):
        for part in LINEAR:
            out, inp = shape_of(cfg, part)
            depth = (2 * cfg["num_hidden_layers"]) ** -0.5 if part.endswith(("o_proj", "down_proj")) else 1
            weights[module_name(layer, part) + ".weight"] = torch.randn(out, inp, generator=generator) * inp ** -0.5 * depth
        for norm in ["input_layernorm", "post_attention_layernorm"]:
            weights[module_name(layer, norm) + ".weight"] = torch.ones(hidden)
    weights["model.norm.weight"] = torch.ones(hidden)
    return weights


def rms_norm(x, weight, eps):
    return weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps))


def rope_tables(cfg, length):
    d = cfg["head_dim"]
    angles = torch.arange(length)[:, None] / cfg["rope_theta"] ** (torch.arange(0, d, 2) / d)
    angles = torch.cat([angles, angles], -1)
    return angles.cos(), angles.sin()


def rotate(x, tables):
    half = x.shape[-1] // 2
    return x * tables[0] + torch.cat([-x[..., half:], x[..., :half]], -1) * tables[1]


class Llama:
    def __init__(self, cfg, weights, adapters=None, scale=1.0):
        self.cfg, self.weights, self.adapters, self.scale = cfg, weights, adapters or {}, scale

    def linear(self, x, layer, part, masks):
        name = module_name(layer, part)
        y = x @ self.weights[name + ".weight"].T
        if name in self.adapters:
            a, b = self.adapters[name]
            low = x @ a.T
            if masks and name in masks["rank"]:
                low = low * masks["rank"][name]
            y = y + self.scale * (low @ b.T)
        return y

    def attention(self, x, layer, masks):
        """x [batch, time, hidden]; grouped queries, causal, rotate-half RoPE."""
        batch, time, _ = x.shape
        d, heads, kv = self.cfg["head_dim"], self.cfg["num_attention_heads"], self.cfg["num_key_value_heads"]
        tables = rope_tables(self.cfg, time)
        split = lambda part, n: self.linear(x, layer, f"self_attn.{part}_proj", masks).view(batch, time, n, d).transpose(1, 2)
        q, k, v = rotate(split("q", heads), tables), rotate(split("k", kv), tables), split("v", kv)
        k, v = k.repeat_interleave(heads // kv, 1), v.repeat_interleave(heads // kv, 1)
        scores = q @ k.transpose(-1, -2) / math.sqrt(d)
        scores = scores + torch.full((time, time), float("-inf")).triu(1)
        return (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, time, heads * d)

    def block(self, x, layer, masks=None, tap=None):
        """One transformer block; `tap(part, input)` sees the input of each linear module."""
        tap = tap or (lambda part, value: None)
        eps, norm = self.cfg["rms_norm_eps"], lambda n: self.weights[module_name(layer, n) + ".weight"]
        h = rms_norm(x, norm("input_layernorm"), eps)
        for part in LINEAR[:3]:
            tap(part, h)
        h = self.attention(h, layer, masks)
        tap(LINEAR[3], h)
        x = x + self.linear(h, layer, "self_attn.o_proj", masks)
        h = rms_norm(x, norm("post_attention_layernorm"), eps)
        tap(LINEAR[4], h), tap(LINEAR[5], h)
        h = F.silu(self.linear(h, layer, "mlp.gate_proj", masks)) * self.linear(h, layer, "mlp.up_proj", masks)
        if masks and layer in masks["width"]:
            h = h * masks["width"][layer]
        tap(LINEAR[6], h)
        return x + self.linear(h, layer, "mlp.down_proj", masks)

    def logits(self, ids, masks=None, at=None):
        """ids [batch, time] -> [batch, time, vocab], or [n, vocab] at the boolean positions `at`."""
        x = self.weights["model.embed_tokens.weight"][ids]
        for layer in range(self.cfg["num_hidden_layers"]):
            x = self.block(x, layer, masks)
        x = x if at is None else x[at]
        x = rms_norm(x, self.weights["model.norm.weight"], self.cfg["rms_norm_eps"])
        return x @ self.weights["model.embed_tokens.weight"].T


def batch_of(examples, pad, length):
    """[(ids, prompt length)] -> ids [n, length] and a mask of the positions that predict an answer token."""
    ids = torch.full((len(examples), length), pad)
    predicts = torch.zeros(len(examples), length, dtype=torch.bool)
    for row, (tokens, prompt) in enumerate(examples):
        ids[row, :len(tokens)] = torch.tensor(tokens)
        predicts[row, prompt - 1:len(tokens) - 1] = True
    return ids, predicts


def exact_match(model, ids, predicts, masks=None):
    """Share of rows in which every answer token, </s> included, is the argmax."""
    with torch.no_grad():
        right = model.logits(ids, masks, predicts).argmax(-1) == ids.roll(-1, 1)[predicts]
    rows = predicts.nonzero()[:, 0]
    wrong = torch.zeros(len(ids)).index_add(0, rows, (~right).float())
    return (wrong == 0).float().mean().item()


def save_safetensors(path, weights):
    """Half precision, names sorted; header padded to 8 bytes as the format asks."""
    header, blobs, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name in sorted(weights):
        blob = weights[name].detach().to(torch.float16).contiguous().numpy().tobytes()
        header[name] = {"dtype": "F16", "shape": list(weights[name].shape), "data_offsets": [offset, offset + len(blob)]}
        offset += len(blob)
        blobs.append(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def load_safetensors(path):
    raw = path.read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    header, body = json.loads(raw[8:8 + size]), raw[8 + size:]
    weights = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            half = torch.frombuffer(bytearray(body[begin:end]), dtype=torch.float16)
            weights[name] = half.reshape(entry["shape"]).float()
    return weights
