# Benchmark dusk, CPU profile. Paths are relative to mmseg_configs/; costs are relative.
segmenter = 'drn/drn_d22-quarter_600_day2dusk-144x192.py'
semgan = 'semgan/semgan_r4w24-skip_800_day2dusk-112x144.py'
lab = dict(type='LabColorTransfer', target='target_all')
class_lab = dict(type='ClassColorTransfer', target='target_few')
translate = dict(type='SemGANTranslate', translator='semgan')
translators = dict(semgan=dict(config=semgan, cost=6))
rows = dict(
    source_only=dict(),
    source_few=dict(mix='target_few'),
    # Without labels, so it may use all target frames.
    color_transfer=dict(restyle=lab),
    class_color_transfer=dict(restyle=class_lab),
    histogram_matching=dict(restyle=dict(type='HistogramMatching', target='target_all')),
    fda=dict(restyle=dict(type='FDA', target='target_all')),
    semgan=dict(restyle=translate, cost=3),
    color_transfer_few=dict(restyle=lab, mix='target_few'),
    class_color_transfer_few=dict(restyle=class_lab, mix='target_few'),
    semgan_few=dict(restyle=translate, mix='target_few', cost=2),
    oracle=dict(train='target_all'),
)
# The classes that the 20 GTA5 frames really contain.
subsets = {
    'mIoU-7': ['Sky', 'Building', 'Pole', 'Road', 'Pavement', 'Tree', 'Car'],
}
