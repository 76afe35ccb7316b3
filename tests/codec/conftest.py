"""Lets the tests of this folder import `made_streams` and `reference_decoder`, which lie beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
