"""What a node is asked: each question is a POSIX sh snippet and a pure parser of its answer; together, NodeAnswers.

The snippets read and never write, ask by capability and not by distribution, and find what depends on the run in
variables: DRIVER_PATH, STORAGE_ADDRESSES (separated by spaces) and SUDO ("sudo -n", or empty).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from csi_probe.facts import Fact
from csi_probe.host import FileState
from csi_probe.node import parse

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """`name` is the field of NodeAnswers; `parse` turns (exit status, output) into that field's fact."""

    name: str
    snippet: str
    parse: Callable[[int, str], Fact[T]]


_MODULES = "|".join(name.replace("_", "[-_]") for name in parse.MODULES)
_OPTIONS = "|".join(
    sorted({*parse.MODULES.values(), "NET"})
)  # NET is in every configuration: it shows that one was read

CLOCK = Question("clock", "date +%s", parse.clock)

OS = Question("os", "cat /etc/os-release || cat /usr/lib/os-release", parse.os)

KERNEL = Question("kernel", "uname -r", parse.kernel)

TOOLS = Question(
    "tools",
    f"""
for tool in {" ".join(parse.TOOLS)}; do
  printf '%s=%s\\n' "$tool" "$(PATH=$DRIVER_PATH; command -v "$tool")"
done""",
    parse.tools,
)

FILESYSTEMS = Question("filesystems", "cat /proc/filesystems", parse.filesystems)

# NixOS keeps the modules in /run/booted-system. Where there is no modprobe to ask, module files are looked for.
MODULES = Question(
    "modules",
    rf"""
release=$(uname -r)
[ -e /proc/modules ] || echo static
for tree in "/lib/modules/$release" "/run/booted-system/kernel-modules/lib/modules/$release"; do
  [ -d "$tree" ] || continue
  echo tree
  grep -E '/({_MODULES})\.ko' "$tree/modules.builtin" | sed 's/^/builtin /'
  command -v modprobe >/dev/null || find "$tree/" -name '*.ko*' | grep -E '/({_MODULES})\.ko' | sed 's/^/loadable /'
done
cut -d ' ' -f 1 /proc/modules | grep -xE '{_MODULES}' | sed 's/^/loaded /'
for module in {" ".join(parse.MODULES)}; do
  [ -e "/sys/module/$module" ] && echo "sysfs $module"
  modprobe -n -q "$module" && echo "loadable $module"
done
{{ zcat /proc/config.gz || cat "/boot/config-$release"; }} | grep -E 'CONFIG_({_OPTIONS})[ =]' | sed 's/^/option /'
sed -nE 's/^nodev[[:space:]]*(nfs4?|cifs)$/filesystem \1/p' /proc/filesystems
exit 0""",
    parse.modules,
)

SOCKETS = Question(
    "sockets",
    """
[ -r /proc/net/unix ] || exit 1
grep -E 'iscsi|ISCSI|multipath' /proc/net/unix
exit 0""",
    parse.sockets,
)

UNITS = Question(
    "units",
    f"""
[ -d /run/systemd/system ] || exit {parse.NO_SYSTEMD}
systemctl show --no-pager -p Id,LoadState,UnitFileState {" ".join(parse.UNITS)}""",
    parse.units,
)

# 0600 root on Debian, where systemd can hand it over as a credential; a folder that cannot be searched hides whether
# the file is there.
INITIATOR_NAME = Question(
    "initiator_name",
    f"""
folder=/etc/iscsi file=/etc/iscsi/initiatorname.iscsi
cat "$file" && exit 0
[ -n "$CREDENTIALS_DIRECTORY" ] && cat "$CREDENTIALS_DIRECTORY/initiatorname.iscsi" && exit 0
[ -n "$SUDO" ] && $SUDO cat "$file" && exit 0
if [ -e "$file" ] || {{ [ -d "$folder" ] && ! [ -x "$folder" ]; }}; then id -un; exit {parse.UNREADABLE}; fi
exit {parse.NO_SUCH_FILE}""",
    parse.initiator_name,
)

ROOT_SHARED = Question(
    "root_shared",
    """
if ! mounts=$(cat /proc/1/mountinfo); then
  mounts=$(cat /proc/self/mountinfo) || exit 1
  [ -n "$INVOCATION_ID" ] && echo unit
fi
printf '%s\\n' "$mounts" | grep -E '^[0-9]+ [0-9]+ [0-9:]+ [^ ]+ / '""",
    parse.root_shared,
)

ISCSI_DIRECTORY = Question(
    "iscsi_directory",
    f"""
if [ -d /etc/iscsi ]; then echo '{FileState.DIRECTORY}'
elif [ -f /etc/iscsi ]; then echo '{FileState.FILE}'
elif [ -e /etc/iscsi ]; then echo '{FileState.OTHER}'
else echo '{FileState.MISSING}'; fi""",
    parse.iscsi_directory,
)

# Names are resolved on the node, whose resolver the driver uses. set -f: an address is no pattern.
SOURCES = Question(
    "sources",
    """
command -v ip >/dev/null || exit 1
set -f
for address in $STORAGE_ADDRESSES; do
  case $address in
    -*) continue ;;
    *:*) ip=$address ;;
    *[!0-9.]*) ip=$(getent ahosts "$address") && ip=${ip%%[[:space:]]*} ;;
    *) ip=$address ;;
  esac
  [ -n "$ip" ] && printf '%s %s\\n' "$address" "$(ip -o route get "$ip")"
done
exit 0""",
    parse.sources,
)

# The clock first: the probe notes the time when the first answer begins. What may wait for others stands last.
QUESTIONS: tuple[Question[Any], ...] = (
    CLOCK,
    OS,
    KERNEL,
    TOOLS,
    FILESYSTEMS,
    MODULES,
    SOCKETS,
    INITIATOR_NAME,
    ROOT_SHARED,
    ISCSI_DIRECTORY,
    UNITS,
    SOURCES,
)
