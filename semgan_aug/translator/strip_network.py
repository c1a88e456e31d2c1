"""Runs a generator over one frame strip by strip, with the statistics of the whole frame.

A norm needs the whole map before its first row can be computed. Therefore a map that is normalized
must be either stored or computed twice. A map of quarter size holds a quarter of the numbers of a
map of full size, and at the default width each of them costs hundreds of operations. A map of full
size is large, but cheap to compute. Therefore all maps below full size are stored, and maps of full
size are computed again whenever they are read. Memory holds at the same time, in the dtype of the
network:

- three maps of quarter size, or as many numbers (a map of half size is as large as two of them);
- with ``skip``, five in all, because both decoders add the encoder's map of half size;
- one more, the code, if each decoder has its own residual blocks;
- the generated image (three numbers per pixel) and a few strips.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import torch
from torch import Tensor, nn

from ..models.class_colors import (
    class_moments,
    class_shares,
    color_change,
    generate,
    moments_to_colors,
    recolor,
)
from ..models.networks import Generator
from ..models.networks.layers import InstanceNorm, ResidualBlock
from ..models.networks.steps import INPUT, Step, walk
from .feature_maps import (
    Convolution,
    LazyFeatureMap,
    Pointwise,
    Reflection,
    StoredMap,
    TransposedConvolution,
    Upsampling,
)
from .strip_statistics import StripStatistics

#: Pixels of the frame in a strip: 34 rows at a width of 7680. A 7x7 head reads 6 extra rows per
#: strip, so these are computed twice. With strips of twice this size, a CPU took 1.5 times as long
#: (24 channels).
STRIP_PIXELS = 2**18


class StripNetwork:
    """Computes the ``forward`` of a network for one frame, strip by strip.

    Args:
        height: height of the frame including its padding.
        width: width of the frame including its padding.
    """

    def __init__(self, height: int, width: int) -> None:
        self.height = height
        self.strip_height = max(1, STRIP_PIXELS // width)

    def strips(self, source: LazyFeatureMap) -> Iterator[tuple[int, int]]:
        """Yields the first and last (exclusive) row of each strip, scaled to the map's height."""
        step = max(1, self.strip_height * source.height // self.height)
        for first in range(0, source.height, step):
            yield first, min(first + step, source.height)

    def store(
        self, source: LazyFeatureMap, on_strip: Callable[[Tensor], None] | None = None
    ) -> StoredMap:
        """Computes a map once and stores it; ``on_strip`` is called with each strip."""
        stored = StoredMap(source.height, source.width)
        for first, last in self.strips(source):
            strip = source.read(first, last)
            if on_strip is not None:
                on_strip(strip)
            stored.write(first, strip)
        return stored

    def generate(
        self, generator: Generator, pair: LazyFeatureMap, style: Tensor | None
    ) -> tuple[LazyFeatureMap, LazyFeatureMap]:
        """The image and the class scores of a pair, see :func:`class_colors.generate`.

        Args:
            generator: a generator that computes an image and class scores.
            pair: the encoded frame.
            style: (1, C + 1, 2, 3); None leaves the colors to the generator.

        Returns:
            Lazy maps of the image and of the class scores.
        """

        def translate(pair: LazyFeatureMap) -> tuple[LazyFeatureMap, LazyFeatureMap]:
            image, classes = self.translate(generator, pair)
            return image, classes

        if style is None:
            return translate(pair)
        align = partial(self.align_class_colors, pixels=self.class_pixels(pair))
        return generate(translate, pair, style, align, Pointwise)

    def translate(self, generator: Generator, source: LazyFeatureMap) -> tuple[LazyFeatureMap, ...]:
        """The output maps of a generator for a frame, in the order of its ``outputs``."""
        steps = generator.steps()

        def apply(step: Step, inputs: list[LazyFeatureMap]) -> LazyFeatureMap:
            made = self._run_step(step, inputs, generator.amp_dtype)
            # Compute this output now. Then the maps of its decoder can be freed before the next
            # decoder runs.
            is_followed = step.output in generator.outputs and step is not steps[-1]
            return self.store(made) if is_followed else made

        return walk(steps, generator.outputs, {INPUT: source}, apply)

    def _run_step(
        self, step: Step, inputs: list[LazyFeatureMap], amp_dtype: torch.dtype | None
    ) -> LazyFeatureMap:
        if step.float32:
            amp_dtype = None
            inputs[:] = [Pointwise(lambda x: x.float(), x) for x in inputs]
        if not isinstance(step.function, nn.Sequential):
            return Pointwise(step.function, *inputs)
        # `pop` drops the last reference, so that the map's memory can be freed.
        made = inputs.pop()
        for layer in step.function:
            made = self._apply(layer, made, amp_dtype)
        return made

    def run(
        self,
        layers: Iterable[nn.Module],
        source: LazyFeatureMap,
        amp_dtype: torch.dtype | None = None,
    ) -> LazyFeatureMap:
        """The output map of several layers; the statistics of norms are measured at once.

        Args:
            layers: the layers in order, of the types that the generators use.
            source: the map that the first layer reads.
            amp_dtype: autocast dtype of convolutions, or None.

        Raises:
            TypeError: a layer has another type.
        """
        for layer in layers:
            source = self._apply(layer, source, amp_dtype)
        return source

    def _apply(
        self, layer: nn.Module, source: LazyFeatureMap, amp_dtype: torch.dtype | None
    ) -> LazyFeatureMap:
        match layer:
            case nn.ReflectionPad2d():
                return Reflection(source, layer)
            case nn.Conv2d():
                return Convolution(source, layer, amp_dtype)
            case nn.ConvTranspose2d():
                return TransposedConvolution(source, layer, amp_dtype)
            case nn.Upsample():
                return Upsampling(source, layer)
            case InstanceNorm() | nn.GroupNorm():
                return self._normalize(layer, source, amp_dtype)
            case nn.ReLU():
                return Pointwise(torch.relu, source)
            case ResidualBlock():
                change = self.run(layer.body, source, amp_dtype)
                return self.store(Pointwise(torch.add, source, change))
        raise TypeError(f'{type(layer).__name__} layers cannot be run in strips')

    def _normalize(
        self,
        layer: InstanceNorm | nn.GroupNorm,
        source: LazyFeatureMap,
        amp_dtype: torch.dtype | None,
    ) -> LazyFeatureMap:
        statistics = StripStatistics()
        if source.height < self.height:
            source = self.store(source, statistics.add)
        else:
            for first, last in self.strips(source):
                statistics.add(source.read(first, last))
        groups = layer.num_groups if isinstance(layer, nn.GroupNorm) else layer.num_features
        mean, var = (v.view(1, -1, 1, 1) for v in statistics.of_groups(groups))
        scale = (var + layer.eps).rsqrt()

        def normalize(x: Tensor) -> Tensor:
            with torch.autocast(x.device.type, amp_dtype, enabled=bool(amp_dtype)):
                dtype = layer(x[:, :, :1]).dtype  # autocast decides, by device and norm
            accurate = torch.promote_types(x.dtype, torch.float32)
            # In this order a constant map becomes exactly 0, as in one pass over the whole frame.
            # Otherwise the next norms would amplify the rounding errors.
            y = (x - mean.to(accurate)).mul_(scale.to(accurate))
            if layer.weight is not None:
                y = y.mul_(layer.weight.view(1, -1, 1, 1)).add_(layer.bias.view(1, -1, 1, 1))
            return y.to(dtype)

        return Pointwise(normalize, source)

    def class_pixels(self, pair: LazyFeatureMap) -> Tensor:
        """Number of pixels of each class and of the whole frame, (1, C + 1) in float64."""
        counts = [class_shares(pair.read(*strip)).sum(2).double() for strip in self.strips(pair)]
        return torch.stack(counts).sum(0)

    def align_class_colors(
        self, pair: LazyFeatureMap, style: Tensor, pixels: Tensor
    ) -> LazyFeatureMap:
        """:func:`class_colors.align_class_colors`, measured over all strips.

        Args:
            pair: map of the pair whose colors are moved.
            style: (1, C + 1, 2, 3).
            pixels: see :meth:`class_pixels`.
        """
        moments = torch.zeros((), dtype=torch.float64)
        for strip in self.strips(pair):
            x = pair.read(*strip)
            moments = moments + class_moments(x, class_shares(x), pixels.to(x)).double()
        change = color_change(moments_to_colors(moments), style.to(moments))
        return Pointwise(lambda x: recolor(x, change.to(x)), pair)
