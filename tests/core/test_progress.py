"""Progress: the same numbers in a bar on a terminal and in lines elsewhere."""

import io

import pytest
from rich.console import Console

from semgan_aug.core import progress as module
from semgan_aug.core.progress import Progress, track


class Clock:
    """Stands in for ``time``; only the test moves it."""

    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, 'time', clock)
    return clock


def test_rate_and_time_left(clock):
    with Progress('translating', 'frames', shown=False) as progress:
        progress.begin(done=20, total=2000)
        assert progress.text() == '20/2,000 frames'  # no rate yet
        clock.now += 60
        progress.advance(30)
        # 30 frames in 60 s, so 1950 more in 3900 s; the 20 before do not count.
        assert progress.text() == '50/2,000 frames, 0.5 frames/s, time left 1:05:00'
        clock.now += 1
        progress.update(2000)
        assert progress.text() == '2,000/2,000 frames'


def test_a_line_every_30_seconds_or_10_percent(clock, capsys):
    def lines():
        return capsys.readouterr().err.splitlines()

    with Progress('translating', 'frames') as progress:
        progress.begin(total=100)
        progress.advance(50)
        assert lines() == []  # no second has passed
        clock.now += 2
        progress.advance()
        assert lines() == ['translating 51/100 frames, 26 frames/s, time left 0:00:02']
        clock.now += 29
        progress.advance(8)
        assert lines() == []
        clock.now += 1
        progress.advance()
        assert lines() == ['translating 60/100 frames, 1.9 frames/s, time left 0:00:21']
        clock.now += 1
        progress.update(70, 'writing')
        assert lines() == ['writing 70/100 frames, 2.1 frames/s, time left 0:00:14']


@pytest.mark.parametrize('silent', [dict(shown=False), dict(lines=False)])
def test_silence(clock, capsys, silent):
    with Progress('translating', 'frames', **silent) as progress:
        progress.begin(total=2)
        clock.now += 100
        progress.advance()
    assert capsys.readouterr() == ('', '')


def test_bar_on_a_terminal(clock, monkeypatch):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120)
    monkeypatch.setattr(module, 'Console', lambda stderr: console)
    with Progress('translating', 'frames') as progress:
        progress.begin(total=4)
        clock.now += 2
        progress.advance()
    assert 'translating' in screen.getvalue()
    assert '1/4 frames, 0.5 frames/s, time left 0:00:06' in screen.getvalue()


def test_nothing_to_do_is_no_error(capsys):
    assert list(track([], 'reading', 'frames')) == []
    assert list(track(list(range(5)), 'reading', 'frames')) == list(range(5))
    assert capsys.readouterr() == ('', '')  # over within a second
