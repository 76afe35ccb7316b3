"""The pages of the papers' studies end in verdicts, and docs/studies.md has all of them."""

import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "verdicts.py"))
GOOD = """# a: what?

## Verdicts

| claim | in print | rows | verdict |
| --- | --- | --- | --- |
| wide is better | 3 dB | 2.9 ± 0.2 dB \\| 9 fits | holds |
| it is heard | in words | none | cannot be decided here (no listeners) |
"""


def test_verdicts_of_a_page() -> None:
    assert SCRIPT["verdicts"](GOOD) == [
        ("wide is better", "holds"),
        ("it is heard", "cannot be decided here (no listeners)"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("## Verdicts", "## Other", "does not end in"),
        ("| holds |", "| holds |\n\n## More", "does not end in"),
        ("in print", "printed", "must begin with claim"),
        ("| holds |", "| agrees roughly |", "'agrees roughly' is not a verdict"),
        ("| holds |", "| |", "4 cells with text"),
        ("| 3 dB ", "", "4 cells with text"),
        ("| holds |", "| holds, see [there](x.md) |", "links belong"),
    ],
)
def test_a_page_that_does_not_end_in_verdicts_is_told_so(old: str, new: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SCRIPT["verdicts"](GOOD.replace(old, new))


def test_the_table_takes_its_place(tmp_path: Path) -> None:
    for name in SCRIPT["STUDIES"]:
        (tmp_path / f"{name}.md").write_text(GOOD, encoding="utf-8")
    made = SCRIPT["table"](tmp_path)
    assert len(made.splitlines()) == 2 + 2 * len(SCRIPT["STUDIES"])
    text = f"before\n{SCRIPT['BEGIN']}\nold\n{SCRIPT['END']}\nafter"
    once = SCRIPT["page"](text, made)
    assert once.startswith("before\n")
    assert once.endswith("\nafter")
    assert "| [omega](studies/omega.md#verdicts) | wide is better | holds |" in once
    assert SCRIPT["page"](once, made) == once
    (tmp_path / "omega.md").write_text("# omega: not judged\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"omega\.md: it does not end"):
        SCRIPT["table"](tmp_path)


def test_the_table_of_all_verdicts_is_that_of_the_pages() -> None:
    text = SCRIPT["PAGE"].read_text(encoding="utf-8")
    assert SCRIPT["page"](text, SCRIPT["table"]()) == text, "run python scripts/verdicts.py"
