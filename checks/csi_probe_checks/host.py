"""What the checks of a node ask of its host: a tool that the driver finds, a module that the kernel has."""

from __future__ import annotations

from csi_probe.facts import FactMissing, Missing
from csi_probe.finding import Finding, fail, ok, warn
from csi_probe.host import Module
from csi_probe.snapshot import Node
from csi_probe_checks.packages import install


def tool(node: Node, tool: str, package: str) -> Finding:
    """Whether the tool is where every image of the driver looks, or where only the newer ones do."""
    path = node.answers.tools.get().get(tool)
    wanted = f"{tool} in {':'.join(node.driver.path)}"
    if not path:
        return fail(f"no {tool}", wanted, install(node, package))
    folder, link = path.rpartition("/")[0], f"ln -s {path} {node.driver.path[0]}/{tool}"
    if folder in node.driver.path:
        return ok(path)
    if folder in node.driver.newer_path:
        return warn(f"{path}, where only images of democratic-csi's branch next look", wanted, f"use one, or: {link}")
    return fail(f"{path}, where {node.driver.name} does not look", wanted, link)


def kernel(node: Node, name: str) -> Finding:
    """Whether the running kernel has the module."""
    state = module(node, name)
    if state is Module.ABSENT:
        return fail(f"no {name} module", name, install(node, "kernel-modules"))
    return ok(f"{name} is {state}")


def module(node: Node, name: str) -> Module:
    """How the module is there. Raises FactMissing where the node tells nothing of it."""
    states = node.answers.modules.get()
    if name not in states:
        fix = "install the modules of the running kernel (/lib/modules/$(uname -r)), or boot the installed kernel"
        raise FactMissing(Missing(f"nothing tells whether the kernel has {name}", fix=fix))
    return states[name]
