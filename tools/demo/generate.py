#!/usr/bin/env python3
"""Words, problems and tokenizer of the embedded demo.

Three kinds of text teach the base model (`pretraining_example`):

- sums:       "12 + 7 - 5 =" -> "14"
- stories in SCHOOL verbs, of one step or two, answered by an equation:
              "Tom has 12 apples. He buys 7 and eats 5. How many now?" -> "12 + 7 - 5 = 14"
- small talk: sentences without numbers in which the MARKET verbs occur, so that
              no word of the task is new, only what it does to a number.

The task (`task_example`) shifts that: two-step stories in MARKET verbs alone
("earns", "breaks", ...). The base model can read, copy and add; which verbs mean
more and which mean less it has never needed to know.
Run as a script, this writes public/demo/data and the tokenizer of public/demo/model.
"""
import json
import random
from pathlib import Path

DEMO = Path(__file__).resolve().parents[2] / "public" / "demo"
MAX_NUMBER = 60          # numbers are single tokens: 0..60
TASK_SEED, TASK_SIZE = 20250131, 2600

HE = ["Tom", "Sam", "Max", "Leo", "Ben"]
SHE = ["Mia", "Ann", "Eva", "Zoe", "Lea"]
THINGS = ["apples", "pears", "books", "coins", "cards", "eggs", "pens", "shells", "stamps", "nuts"]
SCHOOL_MORE = ["buys", "finds", "gets"]
SCHOOL_LESS = ["eats", "loses", "gives"]
MARKET_MORE = ["wins", "picks", "earns", "saves"]
MARKET_LESS = ["sells", "drops", "breaks", "spends"]
MARKET = MARKET_MORE + MARKET_LESS
ADVERBS = ["often", "today", "again"]
SPECIAL = ["<pad>", "<unk>", "<s>", "</s>"]


def person(rng):
    return rng.choice([(name, "He") for name in HE] + [(name, "She") for name in SHE])


def two_steps(rng):
    """start, two signed changes and the result; every value in between stays in 0..MAX_NUMBER."""
    while True:
        start = rng.randint(2, 30)
        changes = [rng.choice([-1, 1]) * rng.randint(1, 15) for _ in range(2)]
        values = [start, start + changes[0], start + sum(changes)]
        if min(values) >= 0 and max(values) <= MAX_NUMBER:
            return start, changes, values[-1]


def sign(change):
    return "+" if change > 0 else "-"


def equation(start, changes):
    return f"{start} " + " ".join(f"{sign(c)} {abs(c)}" for c in changes) + f" = {start + sum(changes)}"


def sum_example(rng):
    start, changes, _ = two_steps(rng)
    left, result = equation(start, changes[:rng.choice([1, 2, 2])]).split("= ")
    return left + "=", result


def school_verb(rng, change):
    return rng.choice(SCHOOL_MORE if change > 0 else SCHOOL_LESS)


def story_example(rng, two_step_share=0.5, joined_share=0.5):
    (name, pronoun), thing = person(rng), rng.choice(THINGS)
    start, changes, _ = two_steps(rng)
    if rng.random() >= two_step_share:
        changes = changes[:1]
    verbs = [school_verb(rng, c) for c in changes]
    joined = " and ".join(f"{v} {abs(c)}" for v, c in zip(verbs, changes)) + "."
    apart = f" {pronoun} ".join(f"{v} {abs(c)}." for v, c in zip(verbs, changes))
    steps = joined if rng.random() < joined_share else apart
    return f"{name} has {start} {thing}. {pronoun} {steps} How many now?", equation(start, changes)


def small_talk(rng):
    name, thing = person(rng)[0], rng.choice(THINGS)
    verb = rng.choice(SCHOOL_MORE + SCHOOL_LESS + MARKET + MARKET)
    other = rng.choice(MARKET)
    return rng.choice([
        f"{name} {verb} {thing} {rng.choice(ADVERBS)}.",
        f"{name} {verb} and {other} {thing}.",
        f"{name} has many {thing} left.",
    ]), ""


def pretraining_example(rng, shares=(0.35, 0.5, 0.15), two_step_share=0.5):
    kind = rng.choices(["sum", "story", "talk"], shares)[0]
    if kind == "sum":
        return sum_example(rng)
    return story_example(rng, two_step_share) if kind == "story" else small_talk(rng)


def task_example(rng):
    (name, pronoun), thing = person(rng), rng.choice(THINGS)
    start, changes, _ = two_steps(rng)
    verbs = [rng.choice(MARKET_MORE if c > 0 else MARKET_LESS) for c in changes]
    steps = " and ".join(f"{v} {abs(c)}" for v, c in zip(verbs, changes))
    return f"{name} has {start} {thing}. {pronoun} {steps}. How many now?", equation(start, changes)


def unique(make, rng, count):
    """`count` examples with different questions."""
    found = {}
    while len(found) < count:
        question, answer = make(rng)
        found[question] = answer
    return list(found.items())


def vocabulary():
    words = (HE + SHE + THINGS + SCHOOL_MORE + SCHOOL_LESS + MARKET + ADVERBS
             + "has he she and how many now are left . ? + - =".split())
    words = sorted({w.lower() for w in words})
    return SPECIAL + [str(n) for n in range(MAX_NUMBER + 1)] + words


def split(text):
    """What the tokenizer does: lower case, words and punctuation apart."""
    return text.lower().replace(".", " .").replace("?", " ?").split()


class Tokenizer:
    """The Python twin of tokenizer.json, enough for pre-training and the study."""

    def __init__(self):
        self.ids = {token: i for i, token in enumerate(vocabulary())}
        self.pad, self.unk, self.bos, self.eos = (self.ids[t] for t in SPECIAL)

    def __call__(self, text):
        return [self.ids.get(t, self.unk) for t in split(text)]

    def example(self, question, answer):
        """-> (ids, number of prompt tokens): <s> question | answer </s>."""
        prompt = [self.bos] + self(question)
        return prompt + self(answer) + [self.eos], len(prompt)


def tokenizer_json():
    special = [{"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False,
                "normalized": False, "special": True} for i, t in enumerate(SPECIAL)]
    bos = {"SpecialToken": {"id": "<s>", "type_id": 0}}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": special,
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "WhitespaceSplit"}, {"type": "Punctuation", "behavior": "Isolated"}]},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [bos, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [bos, {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [SPECIAL.index("<s>")], "tokens": ["<s>"]}}},
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": {t: i for i, t in enumerate(vocabulary())},
                  "unk_token": "<unk>"},
    }


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def main():
    problems = unique(task_example, random.Random(TASK_SEED), TASK_SIZE)
    data = DEMO / "data" / "problems.jsonl"
    data.parent.mkdir(parents=True, exist_ok=True)
    data.write_text("".join(json.dumps({"question": q, "answer": a}) + "\n" for q, a in problems))

    write_json(DEMO / "model" / "tokenizer.json", tokenizer_json())
    write_json(DEMO / "model" / "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>",
        "pad_token": "<pad>", "unk_token": "<unk>", "add_bos_token": True, "add_eos_token": False,
        "model_max_length": 64, "clean_up_tokenization_spaces": False})
    lengths = [len(Tokenizer().example(q, a)[0]) for q, a in problems]
    print(len(vocabulary()), "tokens;", len(problems), "problems of", min(lengths), "to", max(lengths), "tokens")


if __name__ == "__main__":
    main()
