"""What the library says never names an option, and the command says it in its own words."""

import re
from pathlib import Path

import ligeia
from ligeia.cli.wording import WORDS, in_options

SOURCE = Path(ligeia.__file__).parent
FLAG = re.compile(r"""["'(\s]--[a-z][a-z-]+""")
OTHER_PROGRAMS = {
    "bench/programs.py",
    "bench/program.py",
    "bench/fdkaac.py",
    "records/environment.py",
    "audio/ffmpeg.py",
    "server/commands.py",
}
"""Files that run other programs, whose options these are, or tell people the command that does the same."""


def test_no_message_of_the_library_names_an_option():
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        place = path.relative_to(SOURCE).as_posix()
        if place.startswith("cli/") or place in OTHER_PROGRAMS:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            code = re.sub(r"`[^`]*`", "", line.partition("  #")[0])  # `ligeia encode --kbps 16` is the command itself
            if FLAG.search(code) and "pip install" not in code and not code.lstrip().startswith("#"):
                found.append(f"{place}:{number}: {code.strip()}")
    assert not found


def test_every_translation_is_of_something_that_is_said():
    sources = [path for path in SOURCE.rglob("*.py") if path.name != "wording.py"]
    text = "".join(re.sub(r'"\s*f?"', "", path.read_text(encoding="utf-8")) for path in sources)
    for library, _ in WORDS:
        assert library in text or library.startswith("no reference and estimate"), library
    assert "names no reference and estimate: {where}" in text
    assert "no file of scores is named" in text


def test_one_line():
    assert in_options("a.wav exists;\n pass overwrite=True to overwrite") == "a.wav exists; pass --force to overwrite"
    assert in_options("nothing to say") == "nothing to say"
