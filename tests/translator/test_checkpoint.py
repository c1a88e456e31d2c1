"""Checkpoints are data: what cannot be read as such is refused in one sentence."""

import os
import pickle
import warnings

import pytest
import tiny
import torch

from semgan_aug.translator.checkpoint import (
    CheckpointError,
    latest_checkpoint,
    read_checkpoint,
    read_translator,
)


def refused(path, function=read_checkpoint) -> str:
    with pytest.raises(CheckpointError) as error:
        function(path)
    message = str(error.value)
    assert str(path) in message
    tiny.assert_one_sentence(message)
    return message


@pytest.mark.slow
def test_training_checkpoint_is_plain_data(ckpt):
    checkpoint = torch.load(ckpt, map_location='cpu', weights_only=True)
    assert {'semgan_aug', 'state_dict', 'optimizer', 'message_hub', 'meta'} <= set(checkpoint)
    assert set(read_checkpoint(ckpt)) == set(checkpoint)
    assert checkpoint['meta']['iter'] == 4


def test_card(ckpt):
    card, _ = read_translator(ckpt)
    assert (card.method, card.direction) == ('SemGAN', 'source2target')
    assert torch.load(ckpt, weights_only=True)['semgan_aug']['version'] == 1
    generator = dict(base_channels=4, num_blocks=1, shared_blocks=None, skip=True, residual=True)
    assert card.generator == generator and card.class_colors
    assert len(card.classes) == len(card.palette) == tiny.NUM_CLASSES


@pytest.mark.parametrize('protocol', ['zip', 'old zip-less torch', 'bare pickle'])
def test_code_is_never_run(tmp_path, protocol):
    path, trace = tmp_path / 'evil.pth', tmp_path / 'it_ran'
    content = dict(state_dict={}, extra=tiny.Hostile(trace))
    if protocol == 'bare pickle':
        path.write_bytes(pickle.dumps(content, protocol=2))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=protocol == 'zip')
    message = refused(path)
    assert not trace.exists()
    if protocol == 'zip':
        assert f'{os.system.__module__}.system' in message and 'data only' in message
    # The file would have done it.
    if protocol == 'bare pickle':
        pickle.loads(path.read_bytes())
    else:
        torch.load(path, weights_only=False)
    assert trace.exists()


def test_objects_that_only_look_harmless_are_refused_too(tmp_path):
    torch.save(dict(state_dict={}, when=tiny.Path('x')), tmp_path / 'a.pth')
    assert 'pathlib' in refused(tmp_path / 'a.pth')


@pytest.mark.parametrize('share', [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_truncated(ckpt, tmp_path, share):
    whole = ckpt.read_bytes()
    path = tmp_path / 'part.pth'
    path.write_bytes(whole[: int(share * len(whole))])
    message = refused(path)
    assert 'truncated' in message and f'({path.stat().st_size:,} bytes)' in message


def test_one_missing_byte(ckpt, tmp_path):
    path = tmp_path / 'part.pth'
    path.write_bytes(ckpt.read_bytes()[:-1])
    assert 'truncated' in refused(path)


@pytest.mark.parametrize('read', [read_checkpoint, read_translator])
def test_a_file_truncated_after_it_was_read(ckpt, tmp_path, read):
    """With a file mapped into memory this would end the process (SIGBUS)."""
    path = tmp_path / 'a.pth'
    path.write_bytes(ckpt.read_bytes())
    found, expected = read(path), read(ckpt)
    os.truncate(path, 0)
    if read is read_checkpoint:
        found, expected = found['state_dict'], expected['state_dict']
    else:
        found, expected = found[1]['generator'], expected[1]['generator']
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in found)


@pytest.mark.parametrize('text', ['not a checkpoint\n', '<html>404</html>', '{"a": 1}', '\0' * 999])
def test_other_files(tmp_path, text):
    path = tmp_path / 'page.pth'
    path.write_text(text)
    assert 'no checkpoint at all' in refused(path)


def test_missing_and_folder(tmp_path):
    assert 'there is no checkpoint at' in refused(tmp_path / 'none.pth')
    assert 'there is no checkpoint at' in refused(tmp_path)


def test_a_tensor_is_no_checkpoint(tmp_path):
    torch.save(torch.zeros(3), tmp_path / 'a.pth')
    assert 'holds a Tensor' in refused(tmp_path / 'a.pth')


@pytest.mark.parametrize(
    'content',
    [
        dict(state_dict={'backbone.conv1.weight': torch.zeros(1)}, meta={}),
        dict(semgan_aug='SemGAN'),
        dict(semgan_aug=dict(method='CycleGAN', version=1)),
        dict(semgan_aug=dict(method='SemGAN', version=2)),
    ],
    ids=['mmseg', 'text', 'method', 'version'],
)
def test_another_model(tmp_path, content):
    torch.save(content, tmp_path / 'a.pth')
    assert 'checkpoint of another model' in refused(tmp_path / 'a.pth', read_translator)


@pytest.fixture
def work_dir(ckpt, tmp_path):
    """iter_4, iter_20 and iter_100: by number, not by name."""
    for i in (4, 20, 100):
        (tmp_path / f'iter_{i}.pth').write_bytes(ckpt.read_bytes())
    return tmp_path


def test_latest_is_the_highest_iteration(work_dir):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert latest_checkpoint(work_dir) == work_dir / 'iter_100.pth'


def test_latest_passes_over_a_half_written_file(work_dir):
    newest = work_dir / 'iter_100.pth'
    newest.write_bytes(newest.read_bytes()[:2000])
    with pytest.warns(UserWarning) as warned:
        assert latest_checkpoint(work_dir) == work_dir / 'iter_20.pth'
    (message,) = [str(w.message) for w in warned]
    assert str(newest) in message and str(work_dir / 'iter_20.pth') in message
    assert 'truncated' in message


def test_latest_of_broken_files_only(work_dir):
    for path in work_dir.glob('*.pth'):
        path.write_bytes(b'')
    with pytest.raises(CheckpointError, match='no checkpoint in .* can be read') as error:
        latest_checkpoint(work_dir)
    assert all(f'iter_{i}.pth' in str(error.value) for i in (4, 20, 100))


def test_latest_of_an_empty_or_missing_folder(tmp_path):
    assert latest_checkpoint(tmp_path) is None
    assert latest_checkpoint(tmp_path / 'none') is None


def test_latest_looks_only_at_iterations(work_dir):
    (work_dir / 'iter_best.pth').write_bytes(b'')
    assert latest_checkpoint(work_dir) == work_dir / 'iter_100.pth'
