"""Lazy feature maps: each map computes only the rows that are requested.

A map requests from its source map exactly the rows that its kernel, stride and padding need. So
strips of a frame are exact, and no overlap between neighboring strips has to be chosen.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..core.encoding import encode_ids, encode_image, join
from .frame_network import reflection


class LazyFeatureMap:
    """A feature map (1, channels, height, width) whose rows are computed on request.

    Args:
        height: height of the whole map.
        width: width of the whole map.
    """

    def __init__(self, height: int, width: int) -> None:
        self.height = height
        self.width = width

    def read(self, first: int, last: int) -> Tensor:
        """Computes the rows ``first`` to ``last`` - 1, with 0 <= first < last <= height.

        Returns:
            (1, channels, last - first, width). The caller must not change it in place.
        """
        raise NotImplementedError


class EncodedFrame(LazyFeatureMap):
    """The input map of a generator: a uint8 frame, padded by reflection and encoded.

    Args:
        image: (1, 3, H, W) uint8, BGR.
        ids: (1, H, W) uint8; None: the map consists of the image alone.
        num_classes: C.
        size: height and width including the padding.
        like: a tensor, e.g. a weight, whose dtype and device the map takes.
    """

    def __init__(
        self,
        image: Tensor,
        ids: Tensor | None,
        num_classes: int,
        size: tuple[int, int],
        like: Tensor,
    ) -> None:
        super().__init__(*size)
        self.image, self.ids, self.num_classes, self.like = image, ids, num_classes, like
        self.rows, self.columns = (
            reflection(side, padded, image.device) for side, padded in zip(image.shape[2:], size)
        )

    def read(self, first: int, last: int) -> Tensor:
        rows, columns, device = self.rows[first:last], self.columns, self.like.device
        x = encode_image(self.image[:, :, rows][:, :, :, columns].to(device))
        if self.ids is not None:
            ids = self.ids[:, rows][:, :, columns].to(device)
            x = join(x, encode_ids(ids, self.num_classes))
        return x.to(self.like.dtype)


class StoredMap(LazyFeatureMap):
    """A feature map in memory, which is filled strip by strip."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__(height, width)
        self.map: Tensor | None = None

    def write(self, first: int, strip: Tensor) -> None:
        """Stores a strip from row ``first`` on; the first strip sets dtype and device."""
        if self.map is None:
            self.map = strip.new_empty(1, strip.shape[1], self.height, self.width)
        self.map[:, :, first : first + strip.shape[2]] = strip

    def read(self, first: int, last: int) -> Tensor:
        assert self.map is not None, 'read before it was written'
        return self.map[:, :, first:last]


class Pointwise(LazyFeatureMap):
    """The result of a pointwise function on one or more maps of equal size."""

    def __init__(self, function: Callable[..., Tensor], *sources: LazyFeatureMap) -> None:
        super().__init__(sources[0].height, sources[0].width)
        self.function, self.sources = function, sources

    def read(self, first: int, last: int) -> Tensor:
        return self.function(*(source.read(first, last) for source in self.sources))


class Reflection(LazyFeatureMap):
    """``nn.ReflectionPad2d`` with equal padding on all sides."""

    def __init__(self, source: LazyFeatureMap, layer: nn.ReflectionPad2d) -> None:
        self.source, self.padding = source, layer.padding[0]
        super().__init__(source.height + 2 * self.padding, source.width + 2 * self.padding)

    def read(self, first: int, last: int) -> Tensor:
        end = self.source.height - 1
        index = end - (end - (torch.arange(first, last) - self.padding).abs()).abs()
        start = int(index.min())
        x = self.source.read(start, int(index.max()) + 1)
        if first < self.padding or last > self.height - self.padding:
            x = x[:, :, (index - start).to(x.device)]
        return functional.pad(x, (self.padding, self.padding, 0, 0), 'reflect')


class Convolution(LazyFeatureMap):
    """``nn.Conv2d`` with zero padding; ``amp_dtype`` is its autocast dtype, or None."""

    def __init__(
        self, source: LazyFeatureMap, layer: nn.Conv2d, amp_dtype: torch.dtype | None
    ) -> None:
        self.source, self.layer, self.amp_dtype = source, layer, amp_dtype
        self.kernel, self.stride = layer.kernel_size[0], layer.stride[0]
        self.padding, self.columns = (int(side) for side in layer.padding)
        super().__init__(*(self._size(side) for side in (source.height, source.width)))

    def _size(self, side: int) -> int:
        return (side + 2 * self.padding - self.kernel) // self.stride + 1

    def read(self, first: int, last: int) -> Tensor:
        start = first * self.stride - self.padding
        stop = (last - 1) * self.stride - self.padding + self.kernel
        above, below = max(0, -start), max(0, stop - self.source.height)
        x = self.source.read(start + above, stop - below)
        if above or below:
            x = functional.pad(x, (0, 0, above, below))
        with torch.autocast(x.device.type, self.amp_dtype, enabled=bool(self.amp_dtype)):
            weight, bias = self.layer.weight, self.layer.bias
            return functional.conv2d(x, weight, bias, self.stride, (0, self.columns))


class TransposedConvolution(LazyFeatureMap):
    """``nn.ConvTranspose2d``; ``amp_dtype`` is its autocast dtype, or None."""

    def __init__(
        self, source: LazyFeatureMap, layer: nn.ConvTranspose2d, amp_dtype: torch.dtype | None
    ) -> None:
        self.source, self.layer, self.amp_dtype = source, layer, amp_dtype
        self.kernel, self.stride = layer.kernel_size[0], layer.stride[0]
        self.padding, self.columns = (int(side) for side in layer.padding)
        self.more = layer.output_padding[0]
        super().__init__(*(self._size(side) for side in (source.height, source.width)))

    def _size(self, side: int) -> int:
        return (side - 1) * self.stride - 2 * self.padding + self.kernel + self.more

    def read(self, first: int, last: int) -> Tensor:
        # Row i of the source contributes to rows i * stride - padding + (0 ... kernel - 1).
        start = max(0, -((self.kernel - 1 - first - self.padding) // self.stride))
        stop = min(self.source.height, (last - 1 + self.padding) // self.stride + 1)
        x = self.source.read(start, stop)
        with torch.autocast(x.device.type, self.amp_dtype, enabled=bool(self.amp_dtype)):
            x = functional.conv_transpose2d(
                x,
                self.layer.weight,
                self.layer.bias,
                self.stride,
                (0, self.columns),
                self.layer.output_padding,
            )
        offset = start * self.stride - self.padding
        return x[:, :, first - offset : last - offset]


class Upsampling(LazyFeatureMap):
    """Nearest-neighbor upsampling by a whole factor."""

    def __init__(self, source: LazyFeatureMap, layer: nn.Upsample) -> None:
        assert isinstance(layer.scale_factor, float), 'both sides grow by one factor'
        self.source, self.factor = source, int(layer.scale_factor)
        super().__init__(source.height * self.factor, source.width * self.factor)

    def read(self, first: int, last: int) -> Tensor:
        start = first // self.factor
        x = self.source.read(start, -(-last // self.factor))
        x = functional.interpolate(x, scale_factor=self.factor)
        offset = start * self.factor
        return x[:, :, first - offset : last - offset]
