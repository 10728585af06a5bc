"""Jobs side by side, the deadline they live by, and the resolver that has none of its own."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csi_probe.contact import Trouble
from csi_probe.deadline import Deadline
from csi_probe.errors import EndpointError
from csi_probe.jobs import gather
from csi_probe.resolve import resolve


def gathered(jobs, *, concurrency=8, seconds=5.0):
    told = []
    return gather(jobs, concurrency, Deadline(seconds), told.append), told


def test_results_come_back_by_name_and_each_one_is_told():
    done, told = gathered({"a": lambda: 1, "b": lambda: None})
    assert {name: (job.value, job.error) for name, job in done.items()} == {"a": (1, None), "b": (None, None)}
    assert sorted(job.name for job in told) == ["a", "b"]


def test_without_jobs_there_is_nothing_to_wait_for():
    assert gathered({}) == ({}, [])


def test_a_job_that_raises_costs_the_others_nothing():
    done, _ = gathered({"a": lambda: 1 // 0, "b": lambda: 2}, concurrency=1)
    assert isinstance(done["a"].error, ZeroDivisionError)
    assert (done["a"].value, done["b"].value) == (None, 2)


def test_a_job_that_hangs_is_left_out_and_left_behind():
    gate = threading.Event()
    start = time.monotonic()
    done, _ = gathered({"hangs": gate.wait, "works": lambda: 1}, seconds=0.1)
    assert list(done) == ["works"]
    assert time.monotonic() - start < 2
    gate.set()


def test_a_deadline_that_has_passed_waits_for_nothing():
    gate = threading.Event()
    assert gathered({"hangs": gate.wait}, seconds=-1)[0] == {}
    gate.set()


def test_no_more_jobs_run_at_once_than_wanted_and_no_fewer():
    lock, running, most = threading.Lock(), 0, 0
    barrier = threading.Barrier(3, timeout=5)

    def job():
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        barrier.wait()  # passes only while three are inside
        with lock:
            running -= 1

    done, _ = gathered({str(number): job for number in range(9)}, concurrency=3)
    assert [job.error for job in done.values()] == [None] * 9
    assert most == 3


def test_each_job_is_timed_by_itself():
    done, _ = gathered({"slow": lambda: time.sleep(0.05), "fast": lambda: None}, concurrency=1)
    assert done["slow"].seconds >= 0.05 > done["fast"].seconds


# --- the deadline


def test_a_deadline_runs_out_and_never_below_zero():
    assert 0 < Deadline(5).left() <= 5
    assert not Deadline(5).passed
    assert Deadline(-5).left() == 0
    assert Deadline(0).passed


@given(st.floats(-10, 1e6), st.floats(-10, 1e6))
def test_a_deadline_within_another_is_never_later(outer, inner):
    deadline = Deadline(outer)
    within = deadline.within(inner)
    assert 0 <= within.left() <= deadline.left() + 0.01
    assert within.left() <= max(inner, 0)


def test_what_is_left_is_bounded_for_sockets():
    assert Deadline(100).left(3) == 3


# --- names


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_an_address_is_its_own(address):
    assert resolve(address, Deadline(5)) == (address,)


@pytest.mark.parametrize(("host", "reason"), [("a..b", "it is not a host name"), ("\0", "Name or service not known")])
def test_what_has_no_address_says_why(host, reason):
    with pytest.raises(EndpointError, match=f"has no address: {reason}") as caught:
        resolve(host, Deadline(5))
    assert caught.value.trouble is Trouble.UNRESOLVED
    assert caught.value.refusal.seen == str(caught.value)


def test_name_servers_that_do_not_answer_are_a_time_out(monkeypatch):
    gate = threading.Event()
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [] if gate.wait() else None
    )  # the outside world, not ours
    start = time.monotonic()
    with pytest.raises(EndpointError, match="did not say in time") as caught:
        resolve("nas.example.org", Deadline(0.05))
    assert caught.value.trouble is Trouble.TIMEOUT
    assert time.monotonic() - start < 2
    gate.set()
