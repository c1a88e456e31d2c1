# MiniStreets, CPU profile: the demo's table, and the rest of it. Paths: below mmseg_configs/
_base_ = '../../_base_/suites/table.py'
segmenter = 'unet/unet_w16_250_game2camera-96x160.py'
translators = dict(
    semgan='semgan/semgan_r3w16-skip_1000_game2camera-96x64.py',
    cyclegan='cyclegan/cyclegan_r3w16_1000_game2camera-96x64.py',
    sggan='sggan/sggan_r3w16_1000_game2camera-96x64.py',
    unit='unit/unit_r3w16_1000_game2camera-96x64.py',
)
rows = dict(
    # The CPU profile has no identity term that could be left out.
    semgan_no_idt=None,
    # Of frames of 96 rows the usual 1 % is less than one wave.
    fda=dict(restyle=dict(beta=0.05)),
)
# The package draws them, so the page may be published.
own_frames = True
