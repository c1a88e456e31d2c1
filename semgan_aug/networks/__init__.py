"""The networks: SemGAN's joint generator and PatchGAN, and those of the baselines."""

from .discriminator import PatchDiscriminator
from .generator import PairGenerator
from .image_generator import ImageGenerator
from .unit import MultiScaleDiscriminator, UNITAutoencoders

__all__ = [
    'ImageGenerator',
    'MultiScaleDiscriminator',
    'PairGenerator',
    'PatchDiscriminator',
    'UNITAutoencoders',
]
