"""known_hosts is read as OpenSSH reads it."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from csi_probe.node.known_hosts import HostKey, keys_of, read

KEY, OTHER = base64.b64encode(b"key").decode(), base64.b64encode(b"other").decode()


def known(tmp_path: Path, text: str) -> tuple[HostKey, ...]:
    (tmp_path / "known_hosts").write_text(text)
    return read(tmp_path / "known_hosts")


@pytest.mark.parametrize(
    ("names", "host", "port"),
    [
        ("node1", "node1", 22),
        ("node1,10.0.0.1", "10.0.0.1", 22),
        ("Node1", "node1", 22),
        ("[node1]:2222", "node1", 2222),
        ("node1", "node1", 2222),
        ("[fd00::1]:2222", "fd00::1", 2222),
        ("*.example.com", "a.example.com", 22),
        ("node?", "node7", 22),
        ("[*]:2222", "anything", 2222),
    ],
)
def test_a_line_names_the_host(tmp_path: Path, names: str, host: str, port: int) -> None:
    assert [key.key for key in keys_of(host, port, known(tmp_path, f"{names} ssh-ed25519 {KEY} comment\n"))] == [b"key"]


@pytest.mark.parametrize(
    ("names", "host", "port"),
    [
        ("[node1]:2222", "node1", 22),
        ("*,!node1", "node1", 22),
        ("node", "node1", 22),
        ("a.c", "abc", 22),
        ("|1|bad|salt", "node1", 22),
        ("|1|AAAA|AAAA", "node1", 22),
    ],
)
def test_a_line_names_another_host(tmp_path: Path, names: str, host: str, port: int) -> None:
    assert keys_of(host, port, known(tmp_path, f"{names} ssh-ed25519 {KEY}\n")) == ()


def test_the_line_with_the_port_comes_before_the_bare_one(tmp_path: Path) -> None:
    both = known(tmp_path, f"n ssh-ed25519 {OTHER}\n[n]:2222 ssh-ed25519 {KEY}\n")
    assert [key.key for key in keys_of("n", 2222, both)] == [b"key"]


def test_several_keys_of_one_kind_are_all_known(tmp_path: Path) -> None:
    both = known(tmp_path, f"n ssh-ed25519 {OTHER}\nn ssh-ed25519 {KEY}\n")
    assert [key.key for key in keys_of("n", 22, both)] == [b"other", b"key"]


def test_a_revoked_key_is_marked(tmp_path: Path) -> None:
    assert known(tmp_path, f"@revoked n ssh-ed25519 {KEY}\n") == (HostKey("n", "ssh-ed25519", b"key", revoked=True),)


@pytest.mark.parametrize(
    "line", ["", "# n ssh-ed25519 AAAA", "n ssh-ed25519", "n ssh-ed25519 !!!", "@cert-authority * ssh-rsa AAAA"]
)
def test_other_lines_are_left_out(tmp_path: Path, line: str) -> None:
    assert known(tmp_path, f"{line}\nn ssh-ed25519 {KEY}\n") == (HostKey("n", "ssh-ed25519", b"key"),)
