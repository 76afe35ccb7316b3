"""Write the schema of the API to web/openapi.json and, where node is there, the types of the page's client from it.

python scripts/openapi.py
"""

import json
import shutil
import subprocess
from pathlib import Path

from ligeia.server.app import create_app
from ligeia.server.settings import Settings

WEB = Path(__file__).resolve().parents[1] / "web"
SCHEMA, TYPES = WEB / "openapi.json", WEB / "app" / "src" / "api" / "schema.d.ts"


def schema_text() -> str:
    """Return the schema as it stands in the repository."""
    return json.dumps(create_app(Settings()).openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    SCHEMA.write_text(schema_text(), encoding="utf-8")
    print(f"wrote {SCHEMA}")
    npx = shutil.which("npx")
    if npx is None or not (WEB / "node_modules").is_dir():
        print(f"{TYPES.name} is left as it is: node or web/node_modules is missing (run `npm ci` in web/)")
        return
    subprocess.run([npx, "openapi-typescript", str(SCHEMA), "-o", str(TYPES)], cwd=WEB, check=True)


if __name__ == "__main__":
    main()
