"""Another embedding model by name or folder: indexed with, remembered, switched from, refused where it brings code."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from trialkb import embed, kb, parts
from trialkb.errors import BadInput

search = parts.load("queries", "search")
WORDS = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] gd2 car t cell gastric cancer neuroblastoma lymphoma pancreatic ##s a for in - ."
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two layers with a vocabulary of twenty words, as sentence-transformers saves it."""
    import torch
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("model")
    words = WORDS.split()
    tokenizer = Tokenizer(models.WordPiece({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    special = {f"{n}_token": f"[{n.upper()}]" for n in ("unk", "pad", "cls", "sep", "mask")}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **special)
    torch.manual_seed(1)
    size = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=len(words), max_position_embeddings=64, **size)).save_pretrained(folder / "raw")
    fast.save_pretrained(folder / "raw")
    SentenceTransformer(str(folder / "raw"), device="cpu").save(str(folder / "tiny"))
    return folder / "tiny"


def copied(small_kb: Path, folder: Path) -> Path:
    path = folder / "kb.sqlite"
    with kb.writing(path) as db:
        kb.open_kb(small_kb).backup(db)
    return path


def indexed(path: Path, model: str | None = None) -> int:
    with kb.writing(path) as db:
        added: int = parts.load("index", "vector").build(db, path, model=model)
        return added


def test_another_model_indexes_answers_and_is_remembered(
    tiny: Path, small_kb: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = copied(small_kb, tmp_path)
    monkeypatch.chdir(tiny.parent)
    count = indexed(path, "tiny")
    db = kb.open_kb(path)
    texts = db.execute("SELECT count(DISTINCT sha1) FROM passage").fetchone()[0]
    assert count == texts > 0
    assert kb.meta(db, "model") == str(tiny)  # the whole path: a query is asked from anywhere
    assert db.execute("SELECT DISTINCT length(data) FROM vector WHERE model LIKE '%tiny@%'").fetchall() == [(2 * 32,)]
    assert indexed(path) == 0  # the model is kept, nothing is embedded again
    monkeypatch.chdir(tmp_path)
    answer = search.run(db, ("GD2 neuroblastoma",), path=path)
    assert answer.hits[0].id == "NCT90000003"
    assert any(r.startswith("meaning: ") for r in answer.hits[0].reasons)
    assert not any("vector" in n or "model" in n for n in answer.notes)


def test_switching_models_embeds_anew_and_the_way_back_is_free(tiny: Path, small_kb: Path, tmp_path: Path) -> None:
    path = copied(small_kb, tmp_path)
    first = indexed(path)  # the vectors of the default model are there; only the cache is written
    assert first == 0
    assert indexed(path, str(tiny)) > 0
    assert indexed(path, embed.DEFAULT) == 0
    db = kb.open_kb(path)
    assert kb.meta(db, "model") == embed.DEFAULT
    assert db.execute("SELECT count(DISTINCT model) FROM vector").fetchone() == (2,)
    assert not any("older" in n for n in search.run(db, ("GD2",), path=path).notes)


def test_a_model_that_is_gone_is_said_to_be_and_words_answer(tiny: Path, small_kb: Path, tmp_path: Path) -> None:
    path, moved = copied(small_kb, tmp_path), tmp_path / "moved"
    shutil.copytree(tiny, moved)
    indexed(path, str(moved))
    shutil.rmtree(moved)
    importlib.import_module("trialkb.queries._vectors")._encoder.cache_clear()
    answer = search.run(kb.open_kb(path), ("GD2",), path=path)
    assert answer.hits[0].id == "NCT90000003"
    assert any("is not on this machine" in n for n in answer.notes)


def test_an_unknown_model_is_one_clear_line(small_kb: Path, tmp_path: Path) -> None:
    path = copied(small_kb, tmp_path)
    command = [sys.executable, "-m", "trialkb.cli", "index", "--model", "no-such/model", "--kb", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**_env(), "HF_HUB_OFFLINE": "1"})
    assert done.returncode == 1
    lines = [x for x in done.stderr.splitlines() if x.startswith("trialkb:")]
    assert len(lines) == 1
    assert "no-such/model" in lines[0]
    assert "Traceback" not in done.stderr
    assert kb.meta(kb.open_kb(path), "model") == embed.DEFAULT  # as it was


def _env() -> dict[str, str]:
    import os

    return dict(os.environ)


def test_a_model_that_brings_code_is_refused(tiny: Path, small_kb: Path, tmp_path: Path) -> None:
    evil, trace = tmp_path / "evil", tmp_path / "it-ran"
    shutil.copytree(tiny, evil)
    (evil / "mine.py").write_text(f"open({str(trace)!r}, 'w')\nclass Mine: pass\n")
    modules = json.loads((evil / "modules.json").read_text())
    modules[1]["type"] = "mine.Mine"
    (evil / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(BadInput, match="brings code of its own"):
        indexed(copied(small_kb, tmp_path), str(evil))
    assert not trace.exists()


def test_packed_weights_give_the_same_vectors(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the build multiplies with is torch's own result, for the default model and another."""
    texts = ["GD2 CAR T cells for neuroblastoma.", "a", "胃癌", "gastric cancer " * 60]
    for model in (embed.DEFAULT, str(tiny)):
        packed = embed.builder(model)(texts)
        with monkeypatch.context() as m:
            m.setattr(embed, "_pack", lambda encoder: None)
            plain = embed.builder(model)(texts)
        assert float(np.abs(packed - plain).max()) < 1e-5


def test_the_numpy_pass_takes_only_what_it_reproduces(tiny: Path, tmp_path: Path) -> None:
    """With its limit in the place where the pass looks for it the tiny model is known, and its vectors are torch's."""
    known = tmp_path / "known"
    shutil.copytree(tiny, known)
    assert embed.querier(str(tiny))[0] == "sentence-transformers"
    (known / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 64, "do_lower_case": False}))
    texts = ["GD2 CAR T cells for neuroblastoma.", "a", "gastric cancer " * 60]
    name, encode = embed.querier(str(known))
    assert name == "numpy"
    assert float(np.abs(encode(texts) - embed.builder(str(tiny))(texts)).max()) < 1e-5
    config = json.loads((known / "config.json").read_text())
    (known / "config.json").write_text(json.dumps({**config, "hidden_act": "relu"}))
    assert embed.querier(str(known))[0] == "sentence-transformers"
