"""Fetch the servers that PyPI does not have, for the tests of third-party libraries.

They are unpacked from the system's packages into .build/servers, not installed: an installed server
would be started as a service, and unpacking needs no rights. Without such a package the tests that need
the server are skipped. Standard library only.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

from tools import system
from tools.project import BUILD, alone, main, run, say

FOLDER = BUILD / "servers"
PROGRAMS = {"nats-server": "usr/sbin/nats-server"}
"""Debian's packages, each with the program in it."""


def servers() -> None:
    """Unpack the packages whose program is neither on the PATH nor unpacked."""
    with alone():
        for package, program in PROGRAMS.items():
            if not (shutil.which(package) or (FOLDER / program).exists() or unpack(package)):
                say(f"no {package} here; the tests that need it will be skipped")


def unpack(package: str) -> bool:
    """Download a package and unpack it; return whether that worked."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return False
    if not system.is_offered(package) and (prefix := system.permission()) is not None:
        system.update(tuple(prefix))
    with tempfile.TemporaryDirectory() as folder:
        download = ["apt-get", "download", package]
        if subprocess.run(download, cwd=folder, capture_output=True).returncode:
            return False
        say(f"unpacking from the system's packages: {package}")
        for archive in Path(folder).glob("*.deb"):
            run("dpkg-deb", "--extract", archive, FOLDER)
    return True


if __name__ == "__main__":
    main(servers)
