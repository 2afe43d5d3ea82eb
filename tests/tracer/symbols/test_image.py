"""ELF files against what binutils say of them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.live.captured import compile_c
from tracer.symbols.demangled import demangled
from tracer.symbols.image import Image, image_of, open_image

SOURCE = """
int twice(int a) { return 2 * a; }
int thrice(int a) { return 3 * a; }
int main(void) { return twice(3) - thrice(2); }
"""

pytestmark = pytest.mark.skipif(shutil.which("nm") is None, reason="binutils are not installed")


def opened(path: Path) -> Image:
    image = open_image(path)
    assert image is not None
    return image


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_c(SOURCE, tmp_path_factory.mktemp("image"))


def test_functions_are_where_nm_says(program: Path) -> None:
    image = opened(program)
    lines = subprocess.run(["nm", "-S", program], capture_output=True, text=True, check=True).stdout.splitlines()
    sized = [line.split() for line in lines if len(line.split()) == 4 and line.split()[2] in "tT"]
    assert {"twice", "thrice", "main"} <= {words[3] for words in sized}
    for start, size, _, name in sized:
        first = int(start, 16)
        assert image.functions.at(first) == image.functions.at(first + int(size, 16) - 1) == name
    assert image.functions.at(0) is None


def test_offsets_and_addresses_are_two_ways_round(program: Path) -> None:
    image = opened(program)
    for each in image.segments:
        assert image.address_of(each.offset) == each.address
        assert image.offset_of(each.address + each.size - 1) == each.offset + each.size - 1
    assert image.address_of(1 << 40) is None
    code = image.code(image.entry, 4)
    offset = image.offset_of(image.entry)
    assert offset is not None
    assert code == program.read_bytes()[offset : offset + 4]


def test_the_build_id_is_the_one_of_readelf(program: Path) -> None:
    notes = subprocess.run(["readelf", "-n", program], capture_output=True, text=True, check=True).stdout
    (text,) = [line.split()[-1] for line in notes.splitlines() if "Build ID" in line]
    assert opened(program).build_id.hex() == text


def test_a_stripped_program_has_no_names_of_its_own(program: Path, tmp_path: Path) -> None:
    stripped = tmp_path / "stripped"
    subprocess.run(["strip", "-o", stripped, program], check=True)
    assert opened(stripped).stripped
    assert not opened(program).stripped
    assert opened(stripped).functions.at(opened(program).entry) is None


def test_rules_say_where_a_leaf_has_its_return_address(program: Path) -> None:
    """On top of the stack, at the first instruction of any function; at the program's entry there is no caller."""
    image = opened(program)
    if not image.wide:
        pytest.skip("rules are read of x86-64 only")
    lines = subprocess.run(["nm", program], capture_output=True, text=True, check=True).stdout.splitlines()
    (twice,) = [int(line.split()[0], 16) for line in lines if line.endswith(" T twice")]
    rule = image.rule_at(twice)
    assert rule is not None
    assert (rule.register, rule.distance, rule.saved, rule.outermost) == (7, 8, None, False)
    first = image.rule_at(image.entry)
    assert first is not None
    assert first.outermost
    assert image.rule_at(1 << 40) is None


@pytest.mark.parametrize("data", [b"", b"#!/bin/sh\n", b"\x7fELF", b"\x7fELF\x02\x01\x01"])
def test_what_is_no_elf_file(data: bytes) -> None:
    assert image_of(data) is None


def test_a_cut_file_has_no_names_and_no_traceback(program: Path) -> None:
    whole = program.read_bytes()
    for size in range(64, len(whole), len(whole) // 37):
        image = image_of(whole[:size])
        if image is not None:
            assert image.rule_at(image.entry) is None or size > len(whole) // 4
            assert image.functions.at(image.entry) in (None, "_start")


@pytest.mark.parametrize(
    ("name", "written"), [("read", "read"), ("_Znope", "_Znope"), ("_ZN2ns1fEi", "ns::f(int)")]
)
def test_names_of_other_languages(name: str, written: str) -> None:
    assert demangled(name) in (written, name)
    assert demangled("_ZN2ns1fEi") == "ns::f(int)" or demangled("_ZN2ns1fEi") == "_ZN2ns1fEi"
