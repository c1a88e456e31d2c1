"""Progress of a training: a bar, or a small file."""

import io
import json
from types import SimpleNamespace

from rich.console import Console

from semgan_aug.engine.hooks import ProgressHook


def run_progress(hook, iterations, total):
    runner = SimpleNamespace(iter=iterations.start, max_iters=total)
    hook.before_train(runner)
    for runner.iter in iterations:
        hook.after_train_iter(runner, 0)
    hook.after_train(runner)


def test_progress_file_adds_up_over_runs(tmp_path, capsys):
    file = tmp_path / 'progress.json'
    run_progress(ProgressHook(str(file)), range(1), 4)
    state = json.loads(file.read_text())
    assert (state['iter'], state['max_iters']) == (1, 4) and 0 <= state['seconds'] < 5
    file.write_text(json.dumps(state | dict(seconds=100.0)))
    run_progress(ProgressHook(str(file)), range(1, 4), 4)
    state = json.loads(file.read_text())
    assert state['iter'] == 4 and 100 <= state['seconds'] < 105
    assert [p.name for p in tmp_path.iterdir()] == ['progress.json']  # nothing half-written
    assert capsys.readouterr().out == ''


def test_progress_bar_on_a_terminal(monkeypatch):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    monkeypatch.setattr('semgan_aug.core.progress.Console', lambda stderr: console)
    run_progress(ProgressHook(), range(2), 4)
    assert 'time left' in screen.getvalue() and '2/4' in screen.getvalue()


def test_progress_without_a_terminal_is_silent(monkeypatch):
    screen = io.StringIO()
    monkeypatch.setattr('semgan_aug.core.progress.Console', lambda stderr: Console(file=screen))
    run_progress(ProgressHook(), range(2), 4)
    assert screen.getvalue() == ''
