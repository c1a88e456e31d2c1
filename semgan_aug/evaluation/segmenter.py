"""Loads trained segmenters, and predicts class probabilities for a frame."""

import numpy as np
import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.model import BaseModel
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

from ..translator.checkpoint import CheckpointError, read_checkpoint


def load_segmenter(config_text: str, checkpoint: str) -> BaseModel:
    """Loads a trained segmenter.

    Args:
        config_text: text of the segmenter's config.
        checkpoint: file with its weights.

    Returns:
        The model in evaluation mode, on the GPU if there is one.

    Raises:
        CheckpointError: the checkpoint cannot be read (see :func:`checkpoint.read_checkpoint`), or
            it belongs to another model.
    """
    model = MODELS.build(Config.fromstring(config_text, '.py').model)
    read = read_checkpoint(checkpoint)
    state = read.get('state_dict', read)
    try:
        model.load_state_dict(state)
    except (RuntimeError, TypeError, AttributeError) as error:
        reason = ' '.join(line.strip() for line in str(error).splitlines()[1:3])[:160]
        raise CheckpointError(
            f'{checkpoint} does not fit the segmenter of the config ({reason or error}); name the '
            'checkpoint that this config trained'
        ) from None
    return model.eval().to(get_device())


@torch.no_grad()
def predict_probabilities(segmenter: BaseModel, image: np.ndarray) -> np.ndarray:
    """Predicts the class probabilities of each pixel.

    Args:
        segmenter: an mmseg model in evaluation mode.
        image: BGR uint8 (H, W, 3).

    Returns:
        (C, H, W) float32 in [0, 1]; the probabilities of a pixel add up to 1.
    """
    shape = image.shape[:2]
    sample = SegDataSample(metainfo=dict(img_shape=shape, ori_shape=shape))
    sample.gt_sem_seg = PixelData(data=torch.zeros(1, *shape, dtype=torch.long))
    inputs = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
    (result,) = segmenter.test_step(dict(inputs=[inputs], data_samples=[sample]))
    return result.seg_logits.data.softmax(0).cpu().numpy()
