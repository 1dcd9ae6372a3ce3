"""Is the next batch made while the last one is worked on, in order, and does what goes wrong there end the load?"""

import threading

import pytest

from aicc.lib import batches


def test_everything_comes_once_and_in_order():
    assert list(batches.ahead(range(100))) == list(range(100))
    assert list(batches.ahead([])) == []
    assert list(batches.ahead([None, [], 0])) == [None, [], 0]


def test_the_next_one_is_made_while_this_one_is_worked_on_and_no_further_one():
    made = threading.Semaphore(0)
    count = 0

    def items():
        nonlocal count
        for item in range(4):
            count += 1
            made.release()
            yield item

    for item in batches.ahead(items()):
        # This one and the next: without a thread the second would never come.
        for _ in range(2 if item == 0 else item < 3):
            assert made.acquire(timeout=60)
        assert count <= item + 2


def test_an_error_comes_in_its_place():
    def items():
        yield "good"
        raise KeyboardInterrupt

    ahead = batches.ahead(items())

    assert next(ahead) == "good"
    with pytest.raises(KeyboardInterrupt):
        next(ahead)


def test_whoever_stops_leaves_no_thread():
    ahead = batches.ahead(range(100))
    next(ahead)

    ahead.close()

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]
