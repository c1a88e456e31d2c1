# Benchmark dusk, CPU profile. Paths are relative to mmseg_configs/.
translator = 'semgan/semgan_r4w24-skip_800_day2dusk-112x144.py'
drn = 'drn/drn_d22-quarter_600_day2dusk-144x192'
rows = dict(
    source_only=f'{drn}.py',
    color_transfer=f'{drn}-lab.py',
    semgan=f'{drn}-semgan.py',
    source_few=f'{drn}-few.py',
    oracle=f'{drn}-oracle.py',
)
# Relative core time, a guess, for the time left.
cost = dict(translator=6, source_only=1, color_transfer=1, semgan=2, source_few=1, oracle=1)
# The classes that the 20 GTA5 frames really contain.
subsets = {
    'mIoU-7': ['Sky', 'Building', 'Pole', 'Road', 'Pavement', 'Tree', 'Car'],
}
