"""Writes src/datasets/fixtures/*.parquet, as `datasets` writes them: pyarrow, Snappy, several row groups.

The texts were made up for this. Run once: python3 tools/parquet-fixtures.py (pyarrow 25)."""
import pathlib
import pyarrow as pa
import pyarrow.parquet as pq

out = pathlib.Path(__file__).parent.parent / "src/datasets/fixtures"

ducks = {
    "question": ["A duck lays 3 eggs a day. How many in a week?", "Tom has 1,200 stamps and sells 200. How many are left?"],
    "answer": ["It lays 3 * 7 = <<3*7=21>>21 eggs.\n#### 21", "He keeps 1200 - 200 = <<1200-200=1000>>1000.\n#### 1,000"],
}
pq.write_table(pa.table(ducks), out / "gsm8k.parquet", row_group_size=1)

choices = pa.struct([("text", pa.list_(pa.string())), ("label", pa.list_(pa.string()))])
arc = pa.table(
    {
        "id": ["A_1", "A_2", "A_3"],
        "question": ["Ann has 2 eggs and buys 3. How many eggs has she now?", "Which is a metal?", "What is ice?"],
        "choices": pa.array(
            [
                {"text": ["4", "5", "6", "7"], "label": ["A", "B", "C", "D"]},
                {"text": ["oak", "iron", "salt"], "label": ["1", "2", "3"]},
                {"text": ["water", "glass"], "label": ["A", "B"]},
            ],
            choices,
        ),
        "answerKey": ["B", "2", "A"],
    }
)
pq.write_table(arc, out / "arc.parquet", row_group_size=2)

mmlu = pa.table(
    {
        "question": ["2 + 2 = ?", "Which is even?"],
        "subject": ["elementary_mathematics", "elementary_mathematics"],
        "choices": pa.array([["3", "4", "5", "6"], ["1", "3", "8", "9"]], pa.list_(pa.string())),
        "answer": pa.array([1, 2], pa.int64()),
    }
)
pq.write_table(mmlu, out / "mmlu.parquet")

kinds = pa.table(
    {
        "text": ["one", None, ""],
        "big": pa.array([2**60, -1, None], pa.int64()),
        "real": pa.array([0.5, 1e300, None], pa.float64()),
        "yes": pa.array([True, False, None]),
        "nested": pa.array([[[1, 2], []], None, [[3]]], pa.list_(pa.list_(pa.int32()))),
    }
)
pq.write_table(kinds, out / "kinds.parquet")
pq.write_table(kinds.select(["text"]), out / "zstd.parquet", compression="zstd")
