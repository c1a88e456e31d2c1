# The rows of every table, in its order: what the segmenter of each row trains on
# (semgan_aug/benchmark/training_data.py). A cost is a relative duration, for the time left.
lab = dict(type='LabColorTransfer', target='target_all')
class_lab = dict(type='ClassColorTransfer', target='target_few')
rows = dict(
    source_only=dict(),
    # The few labeled target frames are mixed in, as often as source frames.
    source_few=dict(mix='target_few'),
    # A method that reads no labels may use all target frames. The others use the few labeled ones.
    color_transfer=dict(restyle=lab),
    class_color_transfer=dict(restyle=class_lab),
    histogram_matching=dict(restyle=dict(type='HistogramMatching', target='target_all')),
    fda=dict(restyle=dict(type='FDA', target='target_all')),
    cyclegan=dict(restyle=dict(type='SemGANTranslate', translator='cyclegan'), cost=2),
    unit=dict(restyle=dict(type='SemGANTranslate', translator='unit'), cost=2),
    sggan=dict(restyle=dict(type='SemGANTranslate', translator='sggan'), cost=2),
    # The objective and the layers of the paper, at the suite's width and depth.
    semgan_paper=dict(restyle=dict(type='SemGANTranslate', translator='semgan_paper'), cost=2),
    semgan_no_rec=dict(restyle=dict(type='SemGANTranslate', translator='semgan_no_rec'), cost=2),
    semgan_no_idt=dict(restyle=dict(type='SemGANTranslate', translator='semgan_no_idt'), cost=2),
    semgan_no_dom=dict(restyle=dict(type='SemGANTranslate', translator='semgan_no_dom'), cost=2),
    semgan=dict(restyle=dict(type='SemGANTranslate', translator='semgan'), cost=2),
    color_transfer_few=dict(restyle=lab, mix='target_few'),
    class_color_transfer_few=dict(restyle=class_lab, mix='target_few'),
    semgan_few=dict(
        restyle=dict(type='SemGANTranslate', translator='semgan'), mix='target_few', cost=1.5
    ),
    # With 5 labeled target frames instead of 20.
    source_few5=dict(mix='target_few', labels=5),
    semgan_5=dict(restyle=dict(type='SemGANTranslate', translator='semgan_5'), cost=2),
    semgan_5_few5=dict(
        restyle=dict(type='SemGANTranslate', translator='semgan_5'),
        mix='target_few',
        labels=5,
        cost=1.5,
    ),
    # With no label: the translator learns the target's class maps from the predictions of a
    # segmenter. The first segmenter trained on color-transferred frames, the second on translated
    # frames.
    semgan_pseudo=dict(restyle=dict(type='SemGANTranslate', translator='semgan_pseudo'), cost=2),
    semgan_pseudo2=dict(restyle=dict(type='SemGANTranslate', translator='semgan_pseudo2'), cost=2),
    oracle=dict(train='target_all'),
    # All target labels mixed in: the upper bound of the rows with few labels.
    source_all=dict(mix='target_all'),
)
# Translators whose target labels are the predictions of a row's segmenter on target_all.
pseudo = dict(semgan_pseudo='color_transfer', semgan_pseudo2='semgan_pseudo')
# Variants of the SemGAN of a suite: as in the paper, without one of its losses, with fewer labels.
variants = dict(
    semgan_paper={
        'model.class_colors': False,
        'model.ema_decay': 0.0,
        'model.generator.skip': False,
        'model.generator.residual': False,
        'model.weights.rec_image': 10.0,
        'model.weights.rec_classes': 10.0,
        'model.weights.idt_image': 5.0,
        'model.weights.idt_classes': 5.0,
        'model.weights.dom': 10.0,
    },
    semgan_no_rec={'model.weights.rec_image': 0.0, 'model.weights.rec_classes': 0.0},
    semgan_no_idt={'model.weights.idt_image': 0.0, 'model.weights.idt_classes': 0.0},
    semgan_no_dom={'model.weights.dom': 0.0},
    semgan_5={'train_dataloader.dataset.target.indices': [0, 4, 8, 12, 16]},
)
# The cost of each translator.
translator_cost = 4
