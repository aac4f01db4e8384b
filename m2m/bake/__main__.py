"""`python3 /opt/m2m/bake`: the folder is run from wherever it is mounted, with `entrypoint` beside it."""

import sys
from pathlib import Path

if not __package__:
    # A folder that is run is no package: its parent is where both packages are found.
    sys.path[0] = str(Path(__file__).parent.parent)

from bake.main import main

if __name__ == "__main__":
    main()
