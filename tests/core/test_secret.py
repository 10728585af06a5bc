"""A secret comes from one of three places and is printed nowhere."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from dataclasses import asdict, dataclass

import pytest

from csi_probe.errors import ConfigError
from csi_probe.secret import Secret, SecretSource

CANARY = "1-canary"
SECRET = Secret(CANARY)


@dataclass(frozen=True)
class Holder:
    key: Secret


def test_only_reveal_gives_it_away():
    assert SECRET.reveal() == CANARY


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        format,
        ascii,
        lambda secret: f"{secret}{secret!r}{secret!s}",
        lambda secret: f"{[secret]}{ {'key': secret} }{(secret,)}",
        lambda secret: f"{Holder(secret)}",
        lambda secret: f"{asdict_shallow(secret)}",
        lambda secret: repr(ValueError(secret)) + str(ValueError(secret)),
        lambda secret: logging.LogRecord("x", 20, "x", 1, "%s %r", (secret, secret), None).getMessage(),
        lambda secret: json.dumps({"key": secret}, default=str),
        lambda secret: str(dir(secret)),
    ],
    ids=[
        "repr",
        "str",
        "format",
        "ascii",
        "f-string",
        "containers",
        "dataclass",
        "asdict",
        "exception",
        "log",
        "json",
        "dir",
    ],
)
def test_it_is_printed_nowhere(show):
    assert "canary" not in show(SECRET)


def asdict_shallow(secret):
    return {field: getattr(Holder(secret), field) for field in Holder.__dataclass_fields__}


def test_a_traceback_with_its_locals_does_not_show_it():
    def use(key):
        raise RuntimeError(f"cannot use {key}")

    try:
        use(SECRET)
    except RuntimeError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert "canary" not in "".join(shown.format())


@pytest.mark.parametrize(
    "save",
    [pickle.dumps, copy.copy, copy.deepcopy, lambda secret: asdict(Holder(secret)), json.dumps, vars],
    ids=["pickle", "copy", "deepcopy", "asdict", "json", "vars"],
)
def test_it_is_not_saved(save):
    with pytest.raises(TypeError) as caught:
        save(SECRET)
    assert "canary" not in str(caught.value)


# --- where it comes from


@pytest.fixture
def place(tmp_path):
    path = tmp_path / "key"
    path.write_text(f"{CANARY}\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def read(source, **environ):
    return source.read("truenas.api_key", environ)


def refused(source, **environ):
    with pytest.raises(ConfigError) as caught:
        read(source, **environ)
    assert str(caught.value).startswith("truenas.api_key: ")
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_it_comes_from_a_file(place):
    assert read(SecretSource(file=str(place))).reveal() == CANARY


def test_a_file_may_stand_in_the_home_directory(place, monkeypatch):
    monkeypatch.setenv("HOME", str(place.parent))
    assert read(SecretSource(file="~/key")).reveal() == CANARY


def test_it_comes_from_the_environment():
    assert read(SecretSource(env="KEY"), KEY=CANARY).reveal() == CANARY


def test_it_comes_from_a_systemd_credential_whose_folder_systemd_guards(place):
    place.chmod(0o444)
    assert read(SecretSource(credential="key"), CREDENTIALS_DIRECTORY=str(place.parent)).reveal() == CANARY


@pytest.mark.parametrize("text", [f"{CANARY}\n", f"{CANARY}\r\n", f"\n{CANARY}\n\n", CANARY])
def test_line_ends_around_it_are_left_out_and_nothing_else(text):
    assert read(SecretSource(env="KEY"), KEY=text).reveal() == CANARY
    assert read(SecretSource(env="KEY"), KEY=f" {text.strip()}").reveal() == f" {CANARY}"


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620, 0o644, 0o666])
def test_a_file_that_others_can_read_or_write_is_refused_with_the_command_that_mends_it(place, mode):
    place.chmod(mode)
    error = refused(SecretSource(file=str(place)))
    assert f"(mode {mode:04o}); run: chmod 600 {place}" in error
    assert "canary" not in error


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_file_of_the_owner_alone_is_fine(place, mode):
    place.chmod(mode)
    assert read(SecretSource(file=str(place))).reveal() == CANARY


def test_what_is_not_there_is_named(tmp_path):
    assert "the environment variable KEY is not set" in refused(SecretSource(env="KEY"))
    assert f"cannot read {tmp_path}/none: No such file" in refused(SecretSource(file=f"{tmp_path}/none"))
    assert f"cannot read {tmp_path}/none: No such file" in refused(
        SecretSource(credential="none"), CREDENTIALS_DIRECTORY=str(tmp_path)
    )


def test_a_credential_outside_of_a_unit_says_what_to_use_instead():
    error = refused(SecretSource(credential="key"))
    assert "$CREDENTIALS_DIRECTORY is not set" in error
    assert "{ file = … }" in error


def test_a_home_directory_that_does_not_exist_is_refused():
    assert "~no-such-user/key" in refused(SecretSource(file="~no-such-user/key"))


@pytest.mark.parametrize("text", ["", "\n", " \t\n"])
def test_an_empty_secret_is_refused(place, text):
    place.write_text(text, encoding="utf-8")
    assert f"the file {place} is empty" in refused(SecretSource(file=str(place)))
    assert "the environment variable KEY is empty" in refused(SecretSource(env="KEY"), KEY=text)
    error = refused(SecretSource(credential="key"), CREDENTIALS_DIRECTORY=str(place.parent))
    assert "the credential key is empty" in error


def test_a_secret_that_is_no_text_is_refused_without_showing_it(place):
    place.write_bytes(b"canary\xff")
    error = refused(SecretSource(file=str(place)))
    assert "it is not UTF-8 text" in error
    assert "canary" not in error


def test_a_folder_is_no_secret(tmp_path):
    tmp_path.chmod(0o700)
    assert "Is a directory" in refused(SecretSource(file=str(tmp_path)))
