"""Row transforms: rows applied to single frames."""

from pathlib import Path

from semgan_aug.benchmark import row_transforms, scheduler, suite


def test_every_frame_is_translated(segmenter, monkeypatch):
    """Also by a row that translates half of them."""
    monkeypatch.setattr(row_transforms.TRANSFORMS, 'build', lambda cfg: cfg)
    training_data = dict(restyle=dict(type='SemGANTranslate', translator='semgan', prob=0.5))
    job = scheduler.Job(
        'semgan', 0, suite.Training('segmenter.py', training_data=training_data), Path('x')
    )
    assert row_transforms.RowTransform(segmenter, job).step == dict(
        type='SemGANTranslate', ckpt=None
    )
    assert training_data['restyle']['prob'] == 0.5
