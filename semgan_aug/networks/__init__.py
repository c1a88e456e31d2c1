"""The networks of the paper, section 2 of the method: joint generator and joint PatchGAN."""

from .discriminator import PatchDiscriminator
from .generator import PairGenerator

__all__ = ['PairGenerator', 'PatchDiscriminator']
