"""Settings that contradict each other, the translator or the folder."""

import shutil

import pytest
from offline_data import Styled, refused, snapshot, translate

from semgan_aug.core.classes import CITYSCAPES19


@pytest.mark.slow
def test_other_settings_are_refused(gta5, tmp_path):
    dst, styled = tmp_path / 'dst', Styled(CITYSCAPES19.classes)
    translate(gta5, dst, styled)
    before = snapshot(dst)
    for settings, message in (
        (dict(variants=2), 'was begun with variants = 1, but now it is 2'),
        (dict(style=3), 'was begun with style = None, but now it is 3'),
        (dict(min_consistency=0.5), 'was begun with min_consistency = 0.0'),
    ):
        refused(lambda s=settings: translate(gta5, dst, styled, **s), message)
    other = Styled(CITYSCAPES19.classes)
    other.digest = b'another'
    refused(
        lambda: translate(gta5, dst, other), f'was begun with checkpoint = {styled.digest.hex()}'
    )
    copy = shutil.copytree(gta5, tmp_path / 'copy')
    refused(lambda: translate(copy, dst, styled), f'was begun with source = {gta5}')
    assert snapshot(dst) == before
    (dst / 'manifest.parts/settings.json').write_text('[]')
    refused(lambda: translate(gta5, dst, styled), 'was begun with')


def test_styles_need_class_colors(gta5, tmp_path):
    for settings in (dict(variants=2), dict(style=1)):
        refused(lambda s=settings: translate(gta5, tmp_path / 'dst', **s), 'trained without')
