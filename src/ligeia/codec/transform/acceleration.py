"""Choice between compiled loops (the extra `fast`, numba) and numpy in the codec: the results are the same.

Loading machine code takes about as long as coding a minute of sound in numpy, and compiling it, once for each version,
as long as coding a quarter of an hour. So a process begins in numpy, and changes over once what it has coded is worth
the price: at worst it takes twice as long as it had to, and a short sound never waits. The environment variable
LIGEIA_COMPILED decides otherwise: "0" never, "1" from the first block on.
"""

import os
import warnings
from importlib import import_module
from importlib.util import find_spec
from threading import Lock
from types import ModuleType

from ligeia.codec.transform.compiled import kept
from ligeia.errors import SettingsError, needs_extra

VARIABLE = "LIGEIA_COMPILED"
LOADING, COMPILING = 2**22, 2**26
"""Coefficients that are coded in numpy before machine code is loaded, or compiled where there is none yet."""
CALL = 2**15
"""Coefficients that numpy codes in the time that a call takes it, however little there is to code: so many short
sounds are as good a reason as a long one."""


class Acceleration:
    """The choice of a process."""

    def __init__(self) -> None:
        self._lock, self._coded = Lock(), 0
        self._loops: ModuleType | None = None
        self._broken = False

    def loops(self, coefficients: int) -> ModuleType | None:
        """Return `compiled.blocks` if so many more coefficients are to be coded by it; None: in numpy.

        Raises:
            SettingsError: LIGEIA_COMPILED is neither 0 nor 1.
            MissingExtra: it is 1, and numba is not installed.
        """
        word = os.environ.get(VARIABLE, "")
        if word not in ("", "0", "1"):
            raise SettingsError(f"{VARIABLE} is not a valid choice: {word!r}; 0 (never) or 1 (always) were expected")
        if word == "0" or (self._broken and not word):
            return None
        with self._lock:
            if self._loops is None and (word or self._is_worth_it(coefficients)):
                self._load(bool(word))
        return self._loops

    def _is_worth_it(self, coefficients: int) -> bool:
        before = self._coded
        self._coded += coefficients + CALL
        if before < LOADING or find_spec("numba") is None:
            return False
        return before >= COMPILING or kept.is_complete()

    def _load(self, required: bool) -> None:
        """Load the loops; where that fails, say so and stay with numpy, unless they are `required`."""
        try:
            with needs_extra("numba", "fast"):
                loops = import_module("ligeia.codec.transform.compiled.blocks")
            loops.check()
        except Exception as error:
            self._broken = True
            if required:
                raise
            warnings.warn(f"numba fails ({error}); the codec goes on in numpy, see {VARIABLE}", stacklevel=2)
        else:
            self._loops = loops


_ACCELERATION = Acceleration()
compiled_loops = _ACCELERATION.loops
