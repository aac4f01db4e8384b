"""`python3 /opt/m2m/entrypoint`: the folder is run from wherever it is mounted."""

import sys
from pathlib import Path

if not __package__:
    # A folder that is run is no package: its parent is where the package is found.
    sys.path[0] = str(Path(__file__).parent.parent)

from entrypoint.main import main

if __name__ == "__main__":
    main()
