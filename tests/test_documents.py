"""What the documents point at is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / name for name in ("ARCHITECTURE.md", "README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(
    (ROOT / "docs").rglob("*.md")
)
ROOMS = ("tracer", "iotrace", "tui", "workloads", "tests", "benchmarks", "docs")
"""What begins with one of these and a slash is a path from the root of the project."""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: str(each.relative_to(ROOT)))
def test_a_file_or_module_that_is_named_exists(document: Path) -> None:
    text = document.read_text()
    paths = re.findall(rf"`((?:{'|'.join(ROOMS)})/[\w./*-]*)`", text)
    modules = re.findall(rf"python -m ((?:{'|'.join(ROOMS)})(?:\.\w+)*)", text)
    missing = [path for path in paths if not any(ROOT.glob(path))]
    missing += [
        name
        for name in modules
        if not any(ROOT.glob(name.replace(".", "/") + end) for end in (".py", "/__main__.py"))
    ]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: str(each.relative_to(ROOT)))
def test_a_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    missing = []
    for target in re.findall(
        r"\]\(([^)\s]+)\)", re.sub(r"^```.*?^```", "", document.read_text(), flags=re.M | re.S)
    ):
        path, _, heading = target.partition("#")
        if ":" in path:
            continue
        file = document if not path else document.parent / path
        if not file.exists() or (heading and heading not in _headings(file)):
            missing.append(target)
    assert missing == []


def test_every_room_of_the_tree_is_on_the_map() -> None:
    on_the_map = set(re.findall(r"`([\w./]+?)/?`", (ROOT / "ARCHITECTURE.md").read_text()))
    rooms = [path.parent.relative_to(ROOT) for name in ROOMS[:4] for path in ROOT.glob(f"{name}/**/__init__.py")]
    assert len(rooms) > 20
    # A room inside `tracer/analyze` goes by its own name.
    assert [str(room) for room in rooms if not {str(room), room.name} & on_the_map and str(room) != "tracer"] == []


def _headings(file: Path) -> set[str]:
    """As the places a link can lead to are spelled: small letters, hyphens, no punctuation."""
    titles = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
