# The rows of every table: what each trains its segmenter on (semgan_aug/benchmark/recipe.py), in
# the order of the table. Costs are relative, for the time left.
lab = dict(type='LabColorTransfer', target='target_all')
class_lab = dict(type='ClassColorTransfer', target='target_few')
rows = dict(
    source_only=dict(),
    # The few labeled target frames simply mixed in, as often as source frames.
    source_few=dict(mix='target_few'),
    # What reads no labels may use all target frames; the others have the few labeled ones.
    color_transfer=dict(restyle=lab),
    class_color_transfer=dict(restyle=class_lab),
    histogram_matching=dict(restyle=dict(type='HistogramMatching', target='target_all')),
    fda=dict(restyle=dict(type='FDA', target='target_all')),
    cyclegan=dict(restyle=dict(type='SemGANTranslate', translator='cyclegan'), cost=2),
    unit=dict(restyle=dict(type='SemGANTranslate', translator='unit'), cost=2),
    sggan=dict(restyle=dict(type='SemGANTranslate', translator='sggan'), cost=2),
    # The paper's objective and layers, without our additions; width and depth are the profile's.
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
    # With none: the translator learns the target's class maps from a segmenter's predictions, first
    # of one that was trained on recolored frames, then of one trained on what it made itself.
    semgan_pseudo=dict(restyle=dict(type='SemGANTranslate', translator='semgan_pseudo'), cost=2),
    semgan_pseudo2=dict(restyle=dict(type='SemGANTranslate', translator='semgan_pseudo2'), cost=2),
    oracle=dict(train='target_all'),
    # What all target labels would add to the source: no few of them can do more.
    source_all=dict(mix='target_all'),
)
# Translators whose target labels are the predictions of a row's segmenter on target_all.
pseudo = dict(semgan_pseudo='color_transfer', semgan_pseudo2='semgan_pseudo')
# Translators that are SemGAN as the paper has it, without one of its losses, or with fewer labels.
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
# Of each translator, beside a row of cost 1.
translator_cost = 4
