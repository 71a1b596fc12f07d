"""Bytes and time of expert dispatch and combine."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology.expert import ExpertLaw, expert_bytes, expert_time, expert_token_bytes
from topology.measured import measured_expert

LAW = ExpertLaw(gpus=(2, 8), startup=(10e-6, 14e-6), per_byte=(4e-12, 2e-12), startup_per_doubling=1e-6)


@pytest.mark.parametrize(
    ("operation", "dtype", "expected"),
    [
        ("dispatch", "bfloat16", 14_336),
        ("dispatch", "fp8", 7_168),
        ("dispatch", "nvfp4", 3_584 + 448),
        ("combine", "bfloat16", 14_336),
        ("combine", "nvfp4", 14_336),
        ("combine_low_precision", "nvfp4", 14_336),
    ],
)
def test_a_token_of_7168_values_has_the_bytes_of_its_type(operation, dtype, expected):
    assert expert_token_bytes(operation, dtype, hidden=7168) == expected


def test_bytes_by_hand():
    assert expert_bytes(1, 2, token_bytes=100) == 100  # both GPUs hold one of the experts, one copy leaves
    assert expert_bytes(1, 8, token_bytes=100) == 700
    assert expert_bytes(3, 32, token_bytes=100) == pytest.approx(3 * 8 * 100 * 31 / 32)
    assert expert_bytes(1, 1, token_bytes=100) == 0


@given(tokens=st.integers(0, 10**6), gpus=st.integers(1, 576))
def test_bytes_grow_with_tokens_and_never_reach_one_copy_per_expert(tokens, gpus):
    sent = expert_bytes(tokens, gpus, token_bytes=1.0)
    assert sent <= 8 * tokens
    assert expert_bytes(2 * tokens, gpus, token_bytes=1.0) == 2 * sent
    assert expert_bytes(tokens, gpus + 1, token_bytes=1.0) >= sent


def test_the_law_holds_its_groups_is_linear_in_doublings_between_and_adds_beyond():
    assert expert_time(LAW, 0.0, [2, 4, 8, 32]) == pytest.approx([10e-6, 12e-6, 14e-6, 16e-6], rel=1e-12)
    assert expert_time(LAW, 1e6, [2, 4, 8, 32]) == pytest.approx([14e-6, 15e-6, 16e-6, 18e-6], rel=1e-12)


@pytest.mark.parametrize("operation", ["dispatch", "combine"])
def test_measured_laws_reach_no_more_than_the_bandwidth_of_the_link(operation):
    for dtype in ("bfloat16", "fp8", "nvfp4"):
        law = measured_expert(operation, kernel="NVLinkTwoSided", dtype=dtype)
        assert all(slope > 1 / 900e9 for slope in law.per_byte)
        assert 9e-6 < min(law.startup) <= max(law.startup) < 20e-6
        assert law.startup_per_doubling > 0


def test_dispatch_in_half_the_bytes_is_faster():
    times = {}
    for dtype in ("bfloat16", "fp8", "nvfp4"):
        law = measured_expert("dispatch", kernel="NVLinkTwoSided", dtype=dtype)
        sent = expert_bytes(8192, 32, token_bytes=expert_token_bytes("dispatch", dtype, hidden=7168))
        times[dtype] = float(expert_time(law, sent, 32))
    assert times["nvfp4"] < times["fp8"] < times["bfloat16"]


def test_a_batch_of_tokens_and_groups_is_one_call():
    sent = expert_bytes(np.array([[1], [1024]]), np.array([8, 16, 32]), token_bytes=14_336)
    assert expert_time(LAW, sent, np.array([8, 16, 32])).shape == (2, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: expert_token_bytes("dispatch", "int4", hidden=7168), "dtype = 'int4': must be one of bfloat16"),
        (lambda: expert_token_bytes("prepare", "fp8", hidden=7168), "operation = 'prepare'"),
        (lambda: expert_token_bytes("dispatch", "fp8", hidden=0), "hidden = 0"),
        (lambda: expert_bytes(-1, 8, token_bytes=1.0), "tokens, token_bytes = -1"),
        (lambda: expert_bytes(1, 0, token_bytes=1.0), "gpus, top_k = 0"),
        (lambda: expert_bytes(1, 8, token_bytes=1.0, top_k=0), "at least 1"),
        (lambda: expert_time(LAW, -1.0, 8), "bytes_sent = -1"),
        (lambda: expert_time(LAW, 1.0, 1), "gpus = 1: the law begins at 2"),
        (
            lambda: measured_expert("dispatch", kernel="DeepEP", dtype="fp8"),
            "kernel = 'DeepEP': not measured; there is NVLinkOneSided, NVLinkTwoSided",
        ),
        (
            lambda: measured_expert("dispatch", kernel="NVLinkOneSided", dtype="fp8"),
            "dtype = 'fp8': not measured; there is nvfp4",
        ),
    ],
)
def test_what_cannot_be_or_was_not_measured_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
