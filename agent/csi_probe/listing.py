"""What the program says about itself: the checks, one check's explanation, and the roles they need."""

from __future__ import annotations

import difflib
import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from csi_probe.check import Check
from csi_probe.errors import ConfigError
from csi_probe.packs import load_checks
from csi_probe.truenas.roles import ROLES

if TYPE_CHECKING:
    from csi_probe.config import Options


def checks(format_: str) -> str:
    """All checks, as "text" or "json"."""
    if format_ == "json":
        return json.dumps([_as_dict(check) for check in load_checks()], indent=2)
    if format_ != "text":
        raise ConfigError(f'-o {format_}: there is no format "{format_}"; there are: text, json')
    return "\n".join(f"{check.id:<30} {check.title}" for check in load_checks())


def explain(id_: str) -> str:
    """One check, whole. Raises ConfigError for an id that does not exist, with the nearest one."""
    found = {check.id: check for check in load_checks()}
    if id_ not in found:
        close = difflib.get_close_matches(id_, found, n=1, cutoff=0.3)
        hint = f'; did you mean "{close[0]}"?' if close else "."
        raise ConfigError(f'there is no check "{id_}"{hint} List them with: truenas-csi-probe checks')
    check = found[id_]
    told = check.explanation
    parts = [("Asked", told.asked), ("Why", told.why), ("Mend", told.mend), ("Roles", _roles(check))]
    return "\n".join([f"{check.id}: {check.title}", "", *(_paragraph(name, text) for name, text in parts)])


def privileges(path: Path | None, options: Options) -> str:
    """The least roles for the checks that are switched on: by the config where there is one, else for all checks."""
    # Imported here: the config, the clients and the readers are nothing that `explain` needs.
    from csi_probe.collect import plan  # noqa: PLC0415  (as said)
    from csi_probe.config import load, look  # noqa: PLC0415  (as said)
    from csi_probe.runner import select  # noqa: PLC0415  (as said)

    every, found = load_checks(), look(path)
    if found:
        config = options.over(load(found))
        methods = plan(config, select(every, config.run.only, config.run.skip)).methods
    else:
        methods = tuple(method for check in select(every, options.only, options.skip) for method in check.asks)
    roles: dict[str, list[str]] = {}
    for method in dict.fromkeys(methods):
        if role := ROLES.get(method):
            roles.setdefault(role, []).append(method)
    if not roles:
        return "no roles: nothing is asked of TrueNAS"
    return "\n".join(f"{role:<34} {', '.join(roles[role])}" for role in sorted(roles))


def _as_dict(check: Check) -> dict[str, object]:
    told = check.explanation
    return {
        "id": check.id,
        "title": check.title,
        "subject": check.subject.__name__,
        "asked": told.asked,
        "why": told.why,
        "mend": told.mend,
        "asks": list(check.asks),
        "roles": sorted({ROLES[method] for method in check.asks if method in ROLES}),
    }


def _roles(check: Check) -> str:
    roles = sorted({ROLES[method] for method in check.asks if method in ROLES})
    return ", ".join(roles) or "none"


def _paragraph(name: str, text: str) -> str:
    return textwrap.fill(text, width=96, initial_indent=f"{name + ':':<7}", subsequent_indent=" " * 7)
