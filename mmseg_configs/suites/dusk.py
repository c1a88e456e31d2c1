# Suite dusk, real -> real: CamVid by day -> at dusk, on CPU cores. Paths are relative to
# mmseg_configs/.
_base_ = '../_base_/suites/table.py'
segmenter = 'unet/unet_s2w32_600_day2dusk-144x192.py'
translators = dict(
    semgan='semgan/semgan_r4w24-skip_400_day2dusk-112x144.py',
    cyclegan='cyclegan/cyclegan_r4w24_400_day2dusk-112x144.py',
    sggan='sggan/sggan_r4w24_400_day2dusk-112x144.py',
    unit='unit/unit_r4w24_400_day2dusk-112x144.py',
)
# The classes that the GTA5 frames of results/gta.json show, too, so that both can be compared.
subsets = {
    'mIoU-7': ['Sky', 'Building', 'Pole', 'Road', 'Pavement', 'Tree', 'Car'],
}
# For CPUs with matrix units for bfloat16. docs/training.md says what a step gains.
translator_options = {
    'model.generator.amp_dtype': 'bfloat16',
    'model.discriminator.amp_dtype': 'bfloat16',
}
