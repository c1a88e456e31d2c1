# Benchmark gta, GPU profile. Paths are relative to mmseg_configs/.
_base_ = '../../_base_/suites/table.py'
segmenter = 'drn/drn_c26_10k_gta2camvid-288x384.py'
translators = dict(
    semgan='semgan/semgan_r9w64-skip_10k_gta2camvid-256x320.py',
    cyclegan='cyclegan/cyclegan_r9w64_10k_gta2camvid-256x320.py',
    sggan='sggan/sggan_r9w64_10k_gta2camvid-256x320.py',
    unit='unit/unit_r9w64_10k_gta2camvid-256x320.py',
)
# Its SemGAN has no identity term that could be left out.
rows = dict(semgan_no_idt=None)
# The classes that the 20 GTA5 frames really contain.
subsets = {
    'mIoU-7': ['Sky', 'Building', 'Pole', 'Road', 'Pavement', 'Tree', 'Car'],
}
