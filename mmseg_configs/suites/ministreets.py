# Suite ministreets, drawn -> drawn, on CPU cores: the rows of the demo and all others. Paths are
# relative to mmseg_configs/.
_base_ = '../_base_/suites/table.py'
segmenter = 'unet/unet_w16_250_game2camera-96x160.py'
translators = dict(
    semgan='semgan/semgan_r3w16-skip_1000_game2camera-96x64.py',
    cyclegan='cyclegan/cyclegan_r3w16_1000_game2camera-96x64.py',
    sggan='sggan/sggan_r3w16_1000_game2camera-96x64.py',
    unit='unit/unit_r3w16_1000_game2camera-96x64.py',
)
rows = dict(
    # Its SemGAN has no identity loss to leave out.
    semgan_no_idt=None,
    # The usual 1 % of 96 rows is less than one wave.
    fda=dict(restyle=dict(beta=0.05)),
)
# The package draws the frames, so the page may show them.
own_frames = True
