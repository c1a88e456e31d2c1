"""Generators and discriminators of SemGAN and of the baselines."""

from .discriminator import PatchDiscriminator
from .image_generator import ImageGenerator
from .pair_generator import PairGenerator
from .steps import Generator
from .unit import MultiScaleDiscriminator, UNITAutoencoders

__all__ = [
    'Generator',
    'ImageGenerator',
    'MultiScaleDiscriminator',
    'PairGenerator',
    'PatchDiscriminator',
    'UNITAutoencoders',
]
