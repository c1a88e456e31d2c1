# MiniStreets, CPU profile: the demo's table (its five rows take 8 minutes), and the rest of it.
# Paths are relative to mmseg_configs/; costs are core seconds.
segmenter = 'unet/unet_w16_250_game2camera-96x160.py'
semgan = 'semgan/semgan_r3w16-skip_1000_game2camera-96x64.py'
lab = dict(type='LabColorTransfer', target='target_all')
class_lab = dict(type='ClassColorTransfer', target='target_few')
translate = dict(type='SemGANTranslate', translator='semgan')
# Without the reconstruction, the domain term; at the CPU profile the identity term is off anyway.
no_rec = {'model.weights.rec_image': 0.0, 'model.weights.rec_classes': 0.0}
no_dom = {'model.weights.dom': 0.0}
translators = dict(
    semgan=dict(config=semgan, cost=300),
    semgan_no_rec=dict(config=semgan, options=no_rec, cost=250),
    semgan_no_dom=dict(config=semgan, options=no_dom, cost=300),
    cyclegan=dict(config='cyclegan/cyclegan_r3w16_1000_game2camera-96x64.py', cost=250),
    sggan=dict(config='sggan/sggan_r3w16_1000_game2camera-96x64.py', cost=200),
    unit=dict(config='unit/unit_r3w16_1000_game2camera-96x64.py', cost=250),
)
rows = dict(
    source_only=dict(cost=100),
    # The labelled target frames simply mixed in, as often as source frames.
    source_few=dict(mix='target_few', cost=92),
    # Without labels, so it may use all target frames.
    color_transfer=dict(restyle=lab, cost=93),
    class_color_transfer=dict(restyle=class_lab, cost=95),
    histogram_matching=dict(restyle=dict(type='HistogramMatching', target='target_all'), cost=93),
    fda=dict(restyle=dict(type='FDA', target='target_all'), cost=95),
    cyclegan=dict(restyle=dict(type='SemGANTranslate', translator='cyclegan'), cost=150),
    unit=dict(restyle=dict(type='SemGANTranslate', translator='unit'), cost=150),
    sggan=dict(restyle=dict(type='SemGANTranslate', translator='sggan'), cost=150),
    semgan_no_rec=dict(restyle=dict(type='SemGANTranslate', translator='semgan_no_rec'), cost=150),
    semgan_no_dom=dict(restyle=dict(type='SemGANTranslate', translator='semgan_no_dom'), cost=150),
    semgan=dict(restyle=translate, cost=157),
    color_transfer_few=dict(restyle=lab, mix='target_few', cost=93),
    class_color_transfer_few=dict(restyle=class_lab, mix='target_few', cost=95),
    semgan_few=dict(restyle=translate, mix='target_few', cost=125),
    # As many target frames as there are source frames, with labels.
    oracle=dict(train='target_all', cost=94),
)
