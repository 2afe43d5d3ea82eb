"""The report's page for tests: of small real recordings, with what a test changes, and read as a tree."""

from __future__ import annotations

from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path

from iotrace.page.facts import PageFacts, facts_of, gather
from iotrace.page.page import page
from iotrace.page.script import SCRIPT
from tracer.recording.reader import Recording

RECORDINGS = Path(__file__).parent.parent / "recordings"
VOID = {"meta", "link", "br"}
HOSTILE = (
    '<script>alert("1")</script>\'"><img src=x onerror=alert(1)>\x1b[31m\u202e\u2066\x00]]>&amp;--><svg onload=x>'
)
"""What a program could call itself, its files and its threads."""
FORBIDDEN = "\x00\x1b\u202e\u2066\u2028\ud800"


@lru_cache
def facts(name: str, phase: str | None = "measure", looked_at: int = 500_000) -> PageFacts:
    """What the page of a recording in tests/recordings shows."""
    with Recording.open(RECORDINGS / f"{name}.iotrace") as recording:
        gathered = gather(recording, looked_at)
        return facts_of(gathered, gathered.diagnosis.report(phase))


class Tree(HTMLParser):
    """Checks that tags match; keeps tags, attributes, the text, and the addresses that lead elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.scripts: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.outside += [
            value for name, value in attrs if name in ("src", "href", "action") and value and value[0] != "#"
        ]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)
        elif "style" not in self.open:
            self.text += data


def tree_of(text: str) -> Tree:
    """The page as a tree. Fails when it is not well-formed, refers to anything outside, or carries foreign code."""
    tree = Tree()
    tree.feed(text)
    tree.close()
    assert tree.open == []
    assert [each for each in tree.outside if each != "data:,"] == []
    assert tree.scripts == [SCRIPT]
    assert not [name for name, _ in tree.attributes if name.startswith("on")]
    assert not {"img", "iframe", "object", "embed", "form", "base"} & set(tree.tags)
    there = next((text[max(0, at - 200) : at + 50] for at, each in enumerate(text) if each in FORBIDDEN), None)
    assert there is None
    return tree


def shown(what: PageFacts) -> Tree:
    """The page of `what` as a tree."""
    return tree_of(page(what))
