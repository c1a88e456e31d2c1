"""Images with a look of their own, and target datasets on disk, for the tests of transforms."""

import cv2
import numpy as np
import tiny

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]


def target_frames(root, images, ids=None):
    """Frames and labels on disk, as the config of a dataset that loads both."""
    if ids is None:
        ids = [np.zeros(image.shape[:2], np.uint8) for image in images]
    tiny.write_frames(root, ids)
    for i, image in enumerate(images):
        cv2.imwrite(str(root / 'images' / f'{i}.png'), image)
    return tiny.folder_dataset(root, pipeline=LOAD)


def sample(image, ids=None):
    ids = np.zeros(image.shape[:2], np.uint8) if ids is None else ids
    return dict(img=image, gt_seg_map=ids, img_path='b.png', seg_map_path='b-ids.png')


def random_image(seed, size=(24, 36), low=0, high=256):
    rng = np.random.default_rng(seed)
    return rng.integers(low, high, (*size, 3)).astype(np.uint8)


def lab(image):
    return cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_BGR2Lab).reshape(-1, 3)
