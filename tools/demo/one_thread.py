"""Import this before anything that imports torch.

OpenBLAS splits a product differently for each number of threads, and 3,000 steps
of pre-training turn the last bit of a product into another model.
"""
import os

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
os.environ.pop("OPENBLAS_CORETYPE", None)

import torch  # noqa: E402

torch.set_num_threads(1)
