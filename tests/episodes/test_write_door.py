"""The mark that content may be written."""

from threading import Thread

import pytest

from episodes.gate import content_may_be_written, is_content_writable


def test_content_is_writable_inside_the_block_only() -> None:
    assert not is_content_writable()
    with content_may_be_written():
        assert is_content_writable()
    assert not is_content_writable()


def test_an_inner_block_does_not_close_the_outer_one() -> None:
    with content_may_be_written():
        with content_may_be_written():
            pass
        assert is_content_writable()


def test_an_error_closes_the_block() -> None:
    with pytest.raises(ValueError, match="broken"), content_may_be_written():
        raise ValueError("broken")
    assert not is_content_writable()


def test_another_thread_has_a_door_of_its_own() -> None:
    seen: list[bool] = []
    with content_may_be_written():
        other = Thread(target=lambda: seen.append(is_content_writable()))
        other.start()
        other.join()
    assert seen == [False]
