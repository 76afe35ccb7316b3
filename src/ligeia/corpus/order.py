"""Order for a corpus: which action with which settings, on which folders; as plain data, with a digest."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ligeia.corpus.actions.table import Action, action_named
from ligeia.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class Order:
    """An action on all files of a folder.

    Raises:
        SettingsError: the action is not known, or its settings are not plain data, or lack one.
    """

    action: str
    """A name of the table of actions."""
    sources: str
    """Address of the folder of sources."""
    results: str
    """Address of the folder of results."""
    state: Path
    """Folder on disk of manifest, rows and report: that of the results, unless it lies elsewhere."""
    estimates: str | None = None
    """Address of the folder that is compared with the sources, for the action that does."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the action, as JSON."""
    whole_names: bool = False
    """Results keep the ending of their source before their own: a.wav.lig."""

    def __post_init__(self) -> None:
        try:
            json.dumps(dict(self.settings), allow_nan=False)
            self.what.naming(self.settings)
        except (TypeError, ValueError) as error:
            raise SettingsError(f"the settings of {self.action} are not plain data: {error}") from error
        except KeyError as error:
            raise SettingsError(f"{self.action} needs the setting {error}") from error

    @property
    def said(self) -> dict[str, Any]:
        """Everything that decides the results: action, settings, and how they are named; the folders do not."""
        settings = dict(self.settings)
        if settings.get("model_sha256") is not None:
            settings["model"] = Path(settings["model"]).name  # wherever it lies: its digest decides
        return {"action": self.action, "settings": settings, "whole_names": self.whole_names}

    @property
    def digest(self) -> str:
        """Sixteen digits that stand for what decides the results."""
        return hashlib.sha256(json.dumps(self.said, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def folders(self) -> dict[str, Any]:
        """The addresses, as a worker gets them."""
        return {"sources": self.sources, "results": self.results, "estimates": self.estimates}

    @property
    def what(self) -> Action:
        """The action itself."""
        return action_named(self.action)
