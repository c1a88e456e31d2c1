# Benchmark gta, CPU profile. Paths are relative to mmseg_configs/; costs are relative.
segmenter = 'drn/drn_d22-quarter_600_gta2camvid-144x192.py'
semgan = 'semgan/semgan_r4w24-skip_800_gta2camvid-112x144.py'
lab = dict(type='LabColorTransfer', target='target_all')
class_lab = dict(type='ClassColorTransfer', target='target_few')
translate = dict(type='SemGANTranslate', translator='semgan')
# Without the reconstruction, the domain term; at the CPU profile the identity term is off anyway.
no_rec = {'model.weights.rec_image': 0.0, 'model.weights.rec_classes': 0.0}
no_dom = {'model.weights.dom': 0.0}
translators = dict(
    semgan=dict(config=semgan, cost=6),
    semgan_no_rec=dict(config=semgan, options=no_rec, cost=5),
    semgan_no_dom=dict(config=semgan, options=no_dom, cost=6),
    cyclegan=dict(config='cyclegan/cyclegan_r4w24_800_gta2camvid-112x144.py', cost=5),
    sggan=dict(config='sggan/sggan_r4w24_800_gta2camvid-112x144.py', cost=4),
    unit=dict(config='unit/unit_r4w24_800_gta2camvid-112x144.py', cost=5),
)
rows = dict(
    source_only=dict(),
    source_few=dict(mix='target_few'),
    # Without labels, so it may use all target frames.
    color_transfer=dict(restyle=lab),
    class_color_transfer=dict(restyle=class_lab),
    histogram_matching=dict(restyle=dict(type='HistogramMatching', target='target_all')),
    fda=dict(restyle=dict(type='FDA', target='target_all')),
    cyclegan=dict(restyle=dict(type='SemGANTranslate', translator='cyclegan'), cost=3),
    unit=dict(restyle=dict(type='SemGANTranslate', translator='unit'), cost=3),
    sggan=dict(restyle=dict(type='SemGANTranslate', translator='sggan'), cost=3),
    semgan_no_rec=dict(restyle=dict(type='SemGANTranslate', translator='semgan_no_rec'), cost=3),
    semgan_no_dom=dict(restyle=dict(type='SemGANTranslate', translator='semgan_no_dom'), cost=3),
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
