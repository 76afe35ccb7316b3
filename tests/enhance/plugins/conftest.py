import sys
from collections.abc import Iterator
from pathlib import Path

import made_packages as made
import pytest


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Packages called speechbrain and clearvoice with tiny networks, in place of any that are installed."""
    lobes = "speechbrain/lobes/models"
    _write(
        tmp_path / "site",
        {
            **{f"{part}/__init__.py": "" for part in ("speechbrain", "speechbrain/lobes", lobes)},
            f"{lobes}/dual_path.py": made.SEPFORMER,
            "clearvoice/__init__.py": "raise RuntimeError('not to be imported')",
            "clearvoice/models/mossformer2_se/mossformer2_se_wrapper.py": made.MOSSFORMER_SE,
            "clearvoice/models/mossformer2_sr/generator.py": made.MOSSFORMER_SR,
        },
    )
    monkeypatch.syspath_prepend(tmp_path / "site")
    ours = ("speechbrain", "clearvoice", "_ligeia_clearvoice")
    for name in [name for name in sys.modules if name.startswith(ours)]:
        monkeypatch.delitem(sys.modules, name)
    yield
    for name in [name for name in sys.modules if name.startswith(ours)]:
        del sys.modules[name]
