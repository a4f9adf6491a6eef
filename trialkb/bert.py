"""BERT: the forward pass of a sentence encoder in plain numpy: one tokenised text to its unit vector.

It multiplies exactly what torch multiplies and imports nothing but numpy. The weights are read through a memory map of
the safetensors file, so that of the 47 MB of word embeddings only the rows of the text's own tokens are ever touched.
"""

from __future__ import annotations

import json
import math
import mmap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

_TYPES = {"F32": "<f4", "F16": "<f2", "F64": "<f8"}


def weights(file: Path) -> dict[str, Array]:
    """The tensors of a safetensors file, mapped and not read. Raises ValueError for a file that is none.

    Layout: the header's length (8 bytes, little endian), the header (JSON), then the tensors' bytes.
    """
    import numpy as np

    with open(file, "rb") as f:
        data = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
    size = int.from_bytes(data[:8], "little")
    if size > len(data) - 8:
        raise ValueError(f"{file} is no safetensors file")
    found: dict[str, Array] = {}
    for name, about in json.loads(data[8 : 8 + size]).items():
        if about.get("dtype") in _TYPES:
            start, end = about["data_offsets"]
            kind = np.dtype(_TYPES[about["dtype"]])
            tensor = np.frombuffer(data, kind, (end - start) // kind.itemsize, 8 + size + start).reshape(about["shape"])
            found[name.removeprefix("bert.")] = tensor
    return found


def encode(config: Mapping[str, Any], t: Mapping[str, Array], ids: Sequence[int]) -> Array:
    """The unit vector of one text's token ids: embeddings, encoder layers, mean over tokens."""
    import numpy as np

    eps = config["layer_norm_eps"]
    x = t["embeddings.word_embeddings.weight"][list(ids)] + t["embeddings.position_embeddings.weight"][: len(ids)]
    x = _norm(x + t["embeddings.token_type_embeddings.weight"][0], t, "embeddings.LayerNorm", eps)
    for layer in range(config["num_hidden_layers"]):
        p = f"encoder.layer.{layer}."
        x = _norm(x + _attend(x, t, p, config["num_attention_heads"]), t, p + "attention.output.LayerNorm", eps)
        inner = _gelu(_linear(x, t, p + "intermediate.dense"))
        x = _norm(x + _linear(inner, t, p + "output.dense"), t, p + "output.LayerNorm", eps)
    mean = x.mean(axis=0)
    unit: Array = (mean / np.linalg.norm(mean)).astype(np.float32)
    return unit


def _linear(x: Array, t: Mapping[str, Array], name: str) -> Array:
    return x @ t[name + ".weight"].T + t[name + ".bias"]


def _norm(x: Array, t: Mapping[str, Array], name: str, eps: float) -> Array:
    import numpy as np

    centred = x - x.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + eps)
    scaled: Array = centred / spread * t[name + ".weight"] + t[name + ".bias"]
    return scaled


def _attend(x: Array, t: Mapping[str, Array], p: str, heads: int) -> Array:
    import numpy as np

    n, width = x.shape
    q, k, v = (
        _linear(x, t, f"{p}attention.self.{name}").reshape(n, heads, width // heads).transpose(1, 0, 2)
        for name in ("query", "key", "value")
    )
    scores = q @ k.transpose(0, 2, 1) / math.sqrt(width / heads)
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    mixed = (scores / scores.sum(axis=-1, keepdims=True)) @ v
    return _linear(mixed.transpose(1, 0, 2).reshape(n, width), t, p + "attention.output.dense")


def _gelu(x: Array) -> Array:
    """Exact GELU; erf by Abramowitz and Stegun 7.1.26 (error under 1.5e-7), as numpy has none.

    math.sqrt and not np.sqrt: a numpy scalar would make everything after it 64 bits wide and twice as slow.
    """
    import numpy as np

    z = np.abs(x) * math.sqrt(0.5)
    s = 1.0 / (1.0 + 0.3275911 * z)
    poly = s * (0.254829592 + s * (-0.284496736 + s * (1.421413741 + s * (-1.453152027 + s * 1.061405429))))
    erf = np.sign(x) * (1.0 - poly * np.exp(-z * z))
    out: Array = (0.5 * x * (1.0 + erf)).astype(np.float32)
    return out
