# The demo's table. Paths are relative to mmseg_configs/.
translator = 'semgan/semgan_r4w16_900_game2camera-64x96.py'
unet = 'unet/unet_w16_250_game2camera-96x160'
rows = dict(
    source_only=f'{unet}.py',
    color_transfer=f'{unet}-lab.py',
    semgan=f'{unet}-semgan.py',
    source_few=f'{unet}-few.py',
    oracle=f'{unet}-oracle.py',
)
# Core seconds on the machine of docs/results, for the time left.
cost = dict(translator=360, source_only=75, color_transfer=75, semgan=110, source_few=75, oracle=75)
