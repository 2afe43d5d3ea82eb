"""The catalog names every model once, and explains it without importing it."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from workloads import catalog
from workloads.catalog import MODELS, Model
from workloads.errors import BadOption

NAMES = (
    "blocking threads nonblocking nonblocking-backoff select poll epoll epoll-edge sigio aio linux-aio "
    "io-uring asyncio copy-readwrite copy-sendfile copy-splice copy-mmap"
)


def test_the_models_in_their_order() -> None:
    assert " ".join(model.name for model in MODELS) == NAMES


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_model_explains_itself(model: Model) -> None:
    assert find_spec(f"workloads.{model.module}")
    text = catalog.explanation(model)
    for part in ("kernel", "What is copied:", "When to use it:", "What to look for in the trace:"):
        assert part in text
    assert max(len(line) for line in text.splitlines()) <= 110


def test_a_name_and_its_sentence_fit_in_80_columns() -> None:
    names = max(len(model.name) for model in MODELS)
    assert [model.name for model in MODELS if names + 4 + len(model.sentence) > 80] == []


def test_explaining_imports_no_model() -> None:
    code = (
        "import sys; from workloads import catalog; catalog.explanation(catalog.model('asyncio'));"
        "print({'asyncio', 'ctypes', 'workloads.asyncio_model'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout == "set()\n"


def test_an_unknown_model_suggests_the_nearest() -> None:
    with pytest.raises(BadOption, match=r"no model 'epol'; the nearest is epoll"):
        catalog.model("epol")
    with pytest.raises(BadOption, match=r"the models are: blocking threads"):
        catalog.model("zzz")
