"""The command palette: everything that has a key, found by its name."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any

from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode

Run = Callable[[], Coroutine[Any, Any, Any]]


class KeyCommands(Provider):
    """The bindings that are active where the palette was opened."""

    async def discover(self) -> Hits:
        """All of them, while nothing has been typed."""
        for name, run, help_text in self._commands():
            yield DiscoveryHit(name, run, help=help_text)

    async def search(self, query: str) -> Hits:
        """Those whose name matches what was typed, the best first."""
        matcher = self.matcher(query)
        for name, run, help_text in self._commands():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), run, help=help_text)

    def _commands(self) -> Iterator[tuple[str, Run, str]]:
        told: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding: Binding = active.binding
            name = binding.tooltip or binding.description
            if not name or name in told or not _ours(active.node, binding):
                continue
            told.add(name)
            run = partial(self.app.run_action, binding.action, default_namespace=active.node)
            yield name, run, f"key: {self.app.get_key_display(binding)}"


def _ours(node: DOMNode, binding: Binding) -> bool:
    """Whether it is declared here: "Scroll Left" and the like, which widgets have from Textual, are no commands.
    Nor is opening the palette."""
    declared = (
        each
        for kind in type(node).__mro__
        if kind.__module__.partition(".")[0] == "tui"
        for each in kind.__dict__.get("BINDINGS", ())
    )
    actions = {each.action for each in declared if isinstance(each, Binding)}
    return binding.action in actions - {"command_palette"}
