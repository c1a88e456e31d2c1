# Benchmark gta, CPU profile. Paths are relative to mmseg_configs/.
_base_ = '../../_base_/suites/table.py'
segmenter = 'unet/unet_s2w32_600_gta2camvid-144x192.py'
translators = dict(
    semgan='semgan/semgan_r4w24-skip_400_gta2camvid-112x144.py',
    cyclegan='cyclegan/cyclegan_r4w24_400_gta2camvid-112x144.py',
    sggan='sggan/sggan_r4w24_400_gta2camvid-112x144.py',
    unit='unit/unit_r4w24_400_gta2camvid-112x144.py',
)
# [ours] Half of the source frames stay as they are, in all rows of our SemGAN: evaluation frames
# are darker than most target frames that train, and the source's own light varies more
# (docs/results/experiments.md).
half = dict(restyle=dict(prob=0.5))
rows = dict(
    semgan_no_rec=half,
    # The CPU profile has no identity term that could be left out.
    semgan_no_idt=None,
    semgan_no_dom=half,
    semgan=half,
    semgan_few=half,
    semgan_5=half,
    semgan_5_few5=half,
    semgan_pseudo=half,
    semgan_pseudo2=half,
)
# The classes that the 20 GTA5 frames really contain.
subsets = {
    'mIoU-7': ['Sky', 'Building', 'Pole', 'Road', 'Pavement', 'Tree', 'Car'],
}
# For CPUs with matrix units for bfloat16; what a step gains: docs/training.md.
translator_options = {
    'model.generator.amp_dtype': 'bfloat16',
    'model.discriminator.amp_dtype': 'bfloat16',
}
