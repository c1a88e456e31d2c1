"""Fourier domain adaptation: low frequencies from a target frame, the others from the source."""

import numpy as np
from mmseg.registry import TRANSFORMS

from ..core.checks import is_number, require
from .target_frames import TargetFrameTransform


@TRANSFORMS.register_module()
class FDA(TargetFrameTransform[np.ndarray]):
    """Replaces the amplitudes of the lowest frequencies by those of a random target frame.

    Yang and Soatto, "FDA: Fourier Domain Adaptation for Semantic Segmentation", CVPR 2020
    (arXiv 2004.05498). Frequencies are counted in waves per frame, so frames of different sizes
    need no resizing. This class exists because albumentations' ``FDA`` cannot be written into a
    config. Keys and errors are those of :class:`TargetFrameTransform`.

    Args:
        target: as in :class:`TargetFrameTransform`.
        beta: highest frequency whose amplitude is replaced, in waves per pixel of the shorter
            side; the paper uses 0.01, 0.05 and 0.09. If beta * side < 1, only the mean is
            replaced.

    Raises:
        InputError: beta is outside 0 ... 0.5.

    Example:
        >>> target = dict(type='MiniStreetsDataset', domain='camera', num_frames=2)
        >>> step = FDA(target, beta=0.05)
        >>> frame = dict(img=np.zeros((96, 160, 3), np.uint8))
        >>> step(frame)['img'].shape
        (96, 160, 3)
    """

    def __init__(self, target: str | dict, beta: float = 0.01) -> None:
        ok = is_number(beta) and 0 <= beta < 0.5
        require('FDA', 'beta', beta, '0 ... 0.5 (without 0.5)', ok)
        self.beta = beta
        super().__init__(target)

    def measure(self, frame: dict) -> np.ndarray:
        """Amplitudes per pixel of the lowest frequencies, (2r + 1, 2r + 1, 3), with r <= 64."""
        image = frame['img']
        r = min(64, (min(image.shape[:2]) - 1) // 2)
        spectrum = np.fft.fftshift(np.fft.fft2(image, axes=(0, 1)), axes=(0, 1))
        return np.abs(_middle(spectrum, r)) / image[..., 0].size

    def match(self, results: dict, measured: np.ndarray) -> np.ndarray:
        image = results['img']
        shorter = min(image.shape[:2])
        r = min(int(self.beta * shorter), (shorter - 1) // 2, len(measured) // 2)
        spectrum = np.fft.fftshift(np.fft.fft2(image, axes=(0, 1)), axes=(0, 1))
        middle = _middle(spectrum, r)
        wanted = _middle(measured, r) * image[..., 0].size
        middle[:] = wanted * np.exp(1j * np.angle(middle))
        image = np.fft.ifft2(np.fft.ifftshift(spectrum, axes=(0, 1)), axes=(0, 1)).real
        return image.round().clip(0, 255).astype(np.uint8)

    def __repr__(self) -> str:
        return f'FDA(target={self.target!r}, beta={self.beta})'


def _middle(spectrum: np.ndarray, r: int) -> np.ndarray:
    """The frequencies -r ... r of a shifted spectrum, as a view."""
    y, x = spectrum.shape[0] // 2, spectrum.shape[1] // 2
    return spectrum[y - r : y + r + 1, x - r : x + r + 1]
