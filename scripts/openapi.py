"""Write the schema of the API to web/openapi.json, and its types to web/app/src/api/schema.d.ts, from the service.

Usage: python scripts/openapi.py
"""

import json
import sys
from pathlib import Path

from ligeia.server.app import create_app
from ligeia.server.settings import Settings

WEB = Path(__file__).resolve().parents[1] / "web"
SCHEMA, TYPES = WEB / "openapi.json", WEB / "app" / "src" / "api" / "schema.d.ts"


def schema_text() -> str:
    """Return the schema as it stands in the repository."""
    return json.dumps(create_app(Settings()).openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write_types(types: Path) -> None:
    """Write the types of the schema that stands in the repository.

    Raises:
        CannotBuild: there is no node, or its tools are not installed.
    """
    sys.path.append(str(Path(__file__).parent))
    from build_page import find_node, install, package_script

    node = find_node()
    install(node)
    node.run(package_script("openapi-typescript"), str(SCHEMA), "-o", str(types), quiet=True)


if __name__ == "__main__":
    SCHEMA.write_text(schema_text(), encoding="utf-8")
    write_types(TYPES)
    print(f"wrote {SCHEMA} and {TYPES}")
