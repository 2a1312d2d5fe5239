"""Where content is read from and state is written to."""

import os
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent


def content_root() -> Path:
    """Return the folder that holds `config.yml` and `data/`.

    `WARTESCHLEIFE_HOME` wins; then the source checkout this package lies in; then the copy that travels in the wheel.

    Returns:
        An existing folder (the packaged one is not checked: it is part of the wheel).
    """
    home = os.environ.get("WARTESCHLEIFE_HOME")
    if home:
        return Path(home).expanduser().resolve()
    checkout = _PACKAGE.parent
    if (checkout / "config.yml").is_file() and (checkout / "data").is_dir():
        return checkout
    return _PACKAGE / "_content"


def state_root(configured: str = "") -> Path:
    """Return the folder for the database and the trained model (not created here).

    Args:
        configured: `storage.folder` of config.yml; empty means `var/` in a source checkout and the
            user's data folder for an installed package.
    """
    if configured:
        return Path(configured).expanduser().resolve()
    root = content_root()
    if root == _PACKAGE.parent:
        return root / "var"
    return Path(platformdirs.user_data_dir("warteschleife", appauthor=False))
