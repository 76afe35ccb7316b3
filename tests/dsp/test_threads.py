import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from ligeia.dsp.threads import one_blas_thread, one_blas_thread_each


def blas_threads() -> set[int]:
    np.ones((2, 2)) @ np.ones((2, 2))
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def two_threads():
    with threadpool_limits(2, user_api="blas"):
        if blas_threads() != {2}:
            pytest.skip("this BLAS has no number of threads that can be set")
        yield


def test_one_thread_inside_and_as_many_as_before_after():
    with one_blas_thread():
        assert blas_threads() == {1}
        with one_blas_thread():
            assert blas_threads() == {1}
        assert blas_threads() == {1}
    assert blas_threads() == {2}


def test_an_error_lifts_the_limit():
    with pytest.raises(KeyError), one_blas_thread():
        raise KeyError
    assert blas_threads() == {2}


def test_a_limit_holds_until_the_last_of_two_threads_has_left():
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with one_blas_thread():
            entered.set()
            leave.wait(10)

    other = threading.Thread(target=hold)
    with one_blas_thread():
        other.start()
        assert entered.wait(10)
    assert blas_threads() == {1}
    leave.set()
    other.join(10)
    assert blas_threads() == {2}


def test_a_generator_is_limited_only_while_it_computes():
    def pieces():
        for _ in range(2):
            yield blas_threads()
        raise KeyError

    limited = one_blas_thread_each(pieces())
    for _ in range(2):
        assert next(limited) == {1}
        assert blas_threads() == {2}
    with pytest.raises(KeyError):
        next(limited)
    assert blas_threads() == {2}
    assert list(one_blas_thread_each([1, 2])) == [1, 2]


def test_a_blas_that_is_loaded_later_is_limited_too():
    """numpy and scipy bring one each; in a fresh process the second one comes after the first limit."""
    code = (
        "import numpy\n"
        "from threadpoolctl import threadpool_info as info\n"
        "from ligeia.dsp.threads import one_blas_thread\n"
        "with one_blas_thread(): pass\n"
        "import scipy.fft\n"
        "with one_blas_thread(): print(*[one['num_threads'] for one in info() if one['user_api'] == 'blas'])"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert set(run.stdout.split()) == {"1"}
