# The demo's table. Paths are relative to mmseg_configs/.
translator = 'semgan/semgan_r3w16-skip_1000_game2camera-96x64.py'
unet = 'unet/unet_w16_250_game2camera-96x160'
rows = dict(
    source_only=f'{unet}.py',
    color_transfer=f'{unet}-lab.py',
    semgan=f'{unet}-semgan.py',
    source_few=f'{unet}-few.py',
    oracle=f'{unet}-oracle.py',
)
# Core seconds, measured (docs/results/ministreets), for the time left.
cost = dict(
    translator=300, source_only=100, color_transfer=93, semgan=157, source_few=92, oracle=94
)
