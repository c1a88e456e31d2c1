# MiniStreets, CPU profile: the demo's table (its five rows take 8 minutes), and the rest of it.
# Paths are relative to mmseg_configs/; costs are core seconds.
segmenter = 'unet/unet_w16_250_game2camera-96x160.py'
semgan = 'semgan/semgan_r3w16-skip_1000_game2camera-96x64.py'
lab = dict(type='LabColorTransfer', target='target_all')
class_lab = dict(type='ClassColorTransfer', target='target_few')
translate = dict(type='SemGANTranslate', translator='semgan')
translators = dict(semgan=dict(config=semgan, cost=300))
rows = dict(
    source_only=dict(cost=100),
    # The labelled target frames simply mixed in, as often as source frames.
    source_few=dict(mix='target_few', cost=92),
    # Without labels, so it may use all target frames.
    color_transfer=dict(restyle=lab, cost=93),
    class_color_transfer=dict(restyle=class_lab, cost=95),
    histogram_matching=dict(restyle=dict(type='HistogramMatching', target='target_all'), cost=93),
    fda=dict(restyle=dict(type='FDA', target='target_all'), cost=95),
    semgan=dict(restyle=translate, cost=157),
    color_transfer_few=dict(restyle=lab, mix='target_few', cost=93),
    class_color_transfer_few=dict(restyle=class_lab, mix='target_few', cost=95),
    semgan_few=dict(restyle=translate, mix='target_few', cost=125),
    # As many target frames as there are source frames, with labels.
    oracle=dict(train='target_all', cost=94),
)
