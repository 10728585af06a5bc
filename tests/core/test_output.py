"""The one writer: a whole report or none, each in a place of its own; and what the terminal can show."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from csi_probe.errors import ConfigError, OutputError
from csi_probe.output import Output, parse_outputs, write
from csi_probe.render import Look

# --- -o FORMAT[=PATH]


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("json", Output("json", None)),
        ("json=a.json", Output("json", Path("a.json"))),
        ("text=a=b", Output("text", Path("a=b"))),
    ],
)
def test_an_output_is_a_format_and_perhaps_a_path(text, output):
    assert Output.parse(text) == output


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("xml", '-o xml: there is no format "xml"; there are: text, '),
        ("JSON", 'there is no format "JSON"'),
        ("", 'there is no format ""'),
        ("json=", "-o json=: the path is missing"),
    ],
)
def test_a_wrong_output_is_refused(text, error):
    with pytest.raises(ConfigError) as caught:
        Output.parse(text)
    assert error in str(caught.value)


def test_without_an_output_the_report_goes_to_stdout_as_text():
    assert parse_outputs([]) == (Output("text", None),)


def test_outputs_keep_their_order():
    assert [output.format for output in parse_outputs(["json=a", "text"])] == ["json", "text"]


@pytest.mark.parametrize(
    "texts",
    [
        ["text", "json"],
        ["text=a", "json=a"],
        ["text=a", "json=./a"],
        ["text=a", f"json={Path.cwd()}/a"],
        ["text=a", "json=b/../a"],
    ],
    ids=["stdout", "one file", "with a dot", "absolute", "by another folder"],
)
def test_two_reports_in_one_place_are_refused(texts):
    with pytest.raises(ConfigError, match="two reports would go to"):
        parse_outputs(texts)


# --- write


def names(folder):
    return [path.name for path in folder.iterdir()]


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "report"
    for text in ("first\n", "second ✔\n"):
        write(text, path)
        assert path.read_text(encoding="utf-8") == text
    assert names(tmp_path) == ["report"]


def test_a_new_file_has_the_mode_that_the_umask_gives(tmp_path):
    before = os.umask(0o027)
    try:
        write("x", tmp_path / "report")
    finally:
        os.umask(before)
    assert (tmp_path / "report").stat().st_mode & 0o777 == 0o640


def test_who_has_the_old_file_open_keeps_all_of_it(tmp_path):
    path = tmp_path / "report"
    write("old", path)
    with path.open(encoding="utf-8") as reader:
        write("new", path)
        assert reader.read() == "old"


def test_a_link_is_followed_and_stays(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    write("x", link)
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "x"


def test_a_link_like_dev_stdout_is_written_through_whatever_stdout_is(tmp_path):
    link = tmp_path / "stdout"
    link.symlink_to("/proc/self/fd/1")
    code = "import sys; from pathlib import Path; from csi_probe.output import write; write('x', Path(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(link)]
    with (tmp_path / "out").open("wb") as out:
        subprocess.run(command, stdout=out, check=True, timeout=30)
    assert (tmp_path / "out").read_text(encoding="utf-8") == "x"
    assert subprocess.run(command, capture_output=True, check=True, timeout=30).stdout == b"x"
    assert link.is_symlink()


def test_a_full_device_is_an_error_that_names_path_and_reason(tmp_path):
    link = tmp_path / "full"  # a link, so that whatever goes wrong stays in this folder
    link.symlink_to("/dev/full")
    with pytest.raises(OutputError, match=f"cannot write the report to {link}: No space left on device"):
        write("x", link)


def test_a_full_disk_leaves_the_old_report_and_no_rubbish(tmp_path):
    (tmp_path / "report").write_text("old", encoding="utf-8")
    code = """
import resource, sys
from pathlib import Path
from csi_probe.errors import OutputError
from csi_probe.output import write
before = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
try:
    write("new", Path(sys.argv[1]))
except OutputError as error:
    print(error)
finally:
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
"""
    command = [sys.executable, "-c", code, str(tmp_path / "report")]
    done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=30)
    assert done.stdout == f"cannot write the report to {tmp_path}/report: File too large\n"
    assert (tmp_path / "report").read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["report"]


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("no/such/folder/report", "No such file"),
        ("file/report", "Not a directory"),
        ("folder", "Is a directory"),
    ],
)
def test_a_place_that_cannot_be_written_is_an_error_that_names_it(tmp_path, place, reason):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match=f"cannot write the report to {tmp_path}/{place}: .*{reason}"):
        write("x", tmp_path / place)


def test_a_report_that_cannot_be_written_leaves_the_old_one_and_no_rubbish(tmp_path):
    path = tmp_path / "report"
    write("old", path)
    with pytest.raises(OutputError, match="surrogates not allowed"):
        write("half a pair: \ud800", path)
    assert path.read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["report"]


def test_stdout_gets_the_text(capsys):
    write("text\n", None)
    assert capsys.readouterr().out == "text\n"


def test_a_reader_that_has_gone_is_an_error_of_stdout():
    code = """
import os, sys
from csi_probe.output import write
from csi_probe.errors import OutputError
sys.stdin.read()
try:
    write("x" * 100_000, None)
except OutputError as error:
    sys.stderr.write(str(error))
    sys.stderr.flush()
os._exit(4)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()
    process.stdout = None
    _, error = process.communicate("", timeout=30)
    assert (process.returncode, error) == (4, "cannot write the report to stdout: Broken pipe")


# --- what stdout can show


def look(**environ):
    """The look of a process whose stdout is a pipe."""
    code = "from csi_probe.output import stdout_look; print(stdout_look(color=True))"
    inherited = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR", "TERM"}}
    done = subprocess.run(
        [sys.executable, "-c", code], env=inherited | environ, capture_output=True, text=True, check=True, timeout=30
    )
    return eval(done.stdout, {"Look": Look})


def look_on_a_terminal(columns=57, **environ):
    """The look of a process whose stdout is a terminal of this width."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 20, columns, 0, 0))
    inherited = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR", "TERM"}}
    code = "import sys; from csi_probe.output import stdout_look; sys.stderr.write(repr(stdout_look(color=True)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=inherited | {"TERM": "xterm"} | environ,
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
        timeout=30,
    )
    os.close(ours)
    os.close(theirs)
    return eval(done.stderr, {"Look": Look})


def test_a_pipe_gets_a_hundred_columns_and_no_colour():
    assert look(PYTHONIOENCODING="utf-8") == Look(width=100, color=False, ascii=False)


@pytest.mark.parametrize(("columns", "width"), [("77", 77), ("0", 100), ("-5", 100), ("wide", 100), ("²", 100)])
def test_columns_says_the_width(columns, width):
    assert look(COLUMNS=columns, PYTHONIOENCODING="utf-8").width == width


def test_another_encoding_than_utf8_gets_ascii():
    assert look(PYTHONIOENCODING="latin-1").ascii


def test_a_terminal_gets_its_width_and_colour():
    assert look_on_a_terminal(PYTHONIOENCODING="utf-8") == Look(width=57, color=True, ascii=False)
    assert look_on_a_terminal(columns=0).width == 80


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_gets_no_colour_where_that_is_not_wanted(environ):
    assert not look_on_a_terminal(**environ).color
