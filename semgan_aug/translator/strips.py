"""Frames of any size in bounded memory: generators run over bands of rows.

The result is that of one pass over the whole frame, within rounding. Two things make it so:

- Statistics of norms and class colors are those of the whole frame, added up over its bands.
  Tiles that are normalized each by their own differ in color where they meet.
- A band is asked for, not cut out: every layer asks the layer before it for just the rows which
  its own kernel, stride and padding reach, down to the pixels, so there is no overlap to choose.

A norm must have seen the whole map before its first row can be computed, so a map that is
normalized is either stored or computed twice. A map of quarter size holds a quarter of the numbers
of one of full size and, at the default width, is the work of hundreds of operations per number;
one of full size is large and cheap. Therefore all maps below full size are stored, those of full
size are computed again whenever they are read. In the dtype in which the network runs, at most
three maps of quarter size live at once, or as much (one of half size is as large as two), and

- those of half size, too, in a generator with ``skip``, as both of its decoders add them: five;
- the code that both decoders begin with, where each has residual blocks of its own: one more.

Beside these there are the generated image (three numbers per pixel) and a few bands.
"""

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..core.encoding import decode_ids, decode_image, encode_ids, encode_image, join
from ..models.class_colors import (
    class_moments,
    class_shares,
    color_change,
    moments_to_colors,
    recolor,
)
from ..models.networks import ImageGenerator, PairGenerator, UNITAutoencoders
from ..models.networks.layers import InstanceNorm, ResidualBlock
from .frame_network import FrameNetwork, reflection

#: Larger frames are translated in bands: GTA5's 1914 x 1052 and Cityscapes' 2048 x 1024 are not.
MAX_WHOLE_PIXELS = 4_000_000
#: Pixels of the frame in a band: 34 rows at a width of 7680, of which the heads need 6 twice. With
#: twice as many a CPU took 1.5 times as long (24 channels).
STRIP_PIXELS = 2**18


class Rows:
    """A map (1, channels, height, width) of which some rows at a time are computed.

    Args:
        height: of the whole map.
        width: of the whole map.
    """

    def __init__(self, height: int, width: int) -> None:
        self.height = height
        self.width = width

    def read(self, first: int, last: int) -> Tensor:
        """Rows ``first`` to ``last`` - 1 of the map, with 0 <= first < last <= height.

        Returns:
            (1, channels, last - first, width), not to be changed in place.
        """
        raise NotImplementedError


class Frame(Rows):
    """A uint8 frame as a generator sees it: mirrored at its far ends, encoded, on its device.

    Args:
        image: (1, 3, H, W) uint8, BGR.
        ids: (1, H, W) uint8; None leaves the class channels away.
        num_classes: C.
        size: height and width with the padding.
        like: of the dtype and on the device of the rows, e.g. a weight.
    """

    def __init__(
        self, image: Tensor, ids: Tensor | None, num_classes: int, size: tuple, like: Tensor
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


class Stored(Rows):
    """A map in memory, filled band by band."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__(height, width)
        self.map: Tensor | None = None

    def write(self, first: int, band: Tensor) -> None:
        """Keeps a band that begins at row ``first``; the first one decides dtype and device."""
        if self.map is None:
            self.map = band.new_empty(1, band.shape[1], self.height, self.width)
        self.map[:, :, first : first + band.shape[2]] = band

    def read(self, first: int, last: int) -> Tensor:
        return self.map[:, :, first:last]


class Pointwise(Rows):
    """What a function makes, pixel by pixel, of maps of one size."""

    def __init__(self, function: Callable[..., Tensor], *sources: Rows) -> None:
        super().__init__(sources[0].height, sources[0].width)
        self.function, self.sources = function, sources

    def read(self, first: int, last: int) -> Tensor:
        return self.function(*(source.read(first, last) for source in self.sources))


class Reflection(Rows):
    """``nn.ReflectionPad2d`` with equal padding on all sides."""

    def __init__(self, source: Rows, layer: nn.ReflectionPad2d) -> None:
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


class Convolution(Rows):
    """``nn.Conv2d`` with padding by zeros, in an autocast dtype if there is one."""

    def __init__(self, source: Rows, layer: nn.Conv2d, amp_dtype: torch.dtype | None) -> None:
        self.source, self.layer, self.amp_dtype = source, layer, amp_dtype
        super().__init__(*(self._size(side) for side in (source.height, source.width)))

    def _size(self, side: int) -> int:
        (kernel, _), (stride, _), (padding, _) = self._shape()
        return (side + 2 * padding - kernel) // stride + 1

    def _shape(self) -> tuple:
        return self.layer.kernel_size, self.layer.stride, self.layer.padding

    def read(self, first: int, last: int) -> Tensor:
        (kernel, _), (stride, _), (padding, columns) = self._shape()
        start, stop = first * stride - padding, (last - 1) * stride - padding + kernel
        above, below = max(0, -start), max(0, stop - self.source.height)
        x = self.source.read(start + above, stop - below)
        if above or below:
            x = functional.pad(x, (0, 0, above, below))
        with torch.autocast(x.device.type, self.amp_dtype, enabled=bool(self.amp_dtype)):
            weight, bias = self.layer.weight, self.layer.bias
            return functional.conv2d(x, weight, bias, stride, (0, columns))


class TransposedConvolution(Rows):
    """``nn.ConvTranspose2d``, in an autocast dtype if there is one."""

    def __init__(
        self, source: Rows, layer: nn.ConvTranspose2d, amp_dtype: torch.dtype | None
    ) -> None:
        self.source, self.layer, self.amp_dtype = source, layer, amp_dtype
        super().__init__(*(self._size(side) for side in (source.height, source.width)))

    def _size(self, side: int) -> int:
        (kernel, _), (stride, _), (padding, _), (more, _) = self._shape()
        return (side - 1) * stride - 2 * padding + kernel + more

    def _shape(self) -> tuple:
        layer = self.layer
        return layer.kernel_size, layer.stride, layer.padding, layer.output_padding

    def read(self, first: int, last: int) -> Tensor:
        (kernel, _), (stride, _), (padding, columns), more = self._shape()
        # Row i of the source reaches rows i * stride - padding + (0 ... kernel - 1).
        start = max(0, -((kernel - 1 - first - padding) // stride))
        stop = min(self.source.height, (last - 1 + padding) // stride + 1)
        x = self.source.read(start, stop)
        with torch.autocast(x.device.type, self.amp_dtype, enabled=bool(self.amp_dtype)):
            weight, bias = self.layer.weight, self.layer.bias
            x = functional.conv_transpose2d(x, weight, bias, stride, (0, columns), more)
        offset = start * stride - padding
        return x[:, :, first - offset : last - offset]


class Upsampling(Rows):
    """Nearest-neighbor upsampling by a whole number."""

    def __init__(self, source: Rows, layer: nn.Upsample) -> None:
        self.source, self.factor = source, int(layer.scale_factor)
        super().__init__(source.height * self.factor, source.width * self.factor)

    def read(self, first: int, last: int) -> Tensor:
        start = first // self.factor
        x = self.source.read(start, -(-last // self.factor))
        x = functional.interpolate(x, scale_factor=self.factor)
        offset = start * self.factor
        return x[:, :, first - offset : last - offset]


class Statistics:
    """Mean and biased variance of each channel of a map, added up over its bands in float64.

    Bands are merged by mean and sum of squared deviations (Chan, Golub, LeVeque 1979): squares
    themselves would cancel where the mean is large.
    """

    def __init__(self) -> None:
        self.pixels = 0
        self.mean: Tensor | None = None  # (1, channels), as is the sum of squares
        self.squares: Tensor | None = None

    def add(self, band: Tensor) -> None:
        """Takes a band (1, channels, rows, width) into account."""
        # About a value that is near the mean: the mean of a constant map is exact.
        pivot = band[:, :, 0, 0].double() if self.mean is None else self.mean
        near = pivot.to(torch.promote_types(band.dtype, torch.float32))
        apart = band - near.view(1, -1, 1, 1)
        shift = apart.mean((2, 3), keepdim=True)
        # torch.var_mean would take five times as long on a CPU.
        squares = apart.sub_(shift).square_().sum((2, 3)).double()
        mean = near.double() + shift.flatten(1).double()
        if self.mean is None:
            self.mean, self.squares = mean, torch.zeros_like(mean)
        pixels = band.shape[2] * band.shape[3]
        delta, total = mean - self.mean, self.pixels + pixels
        self.mean = self.mean + delta * (pixels / total)
        self.squares += squares + delta**2 * (self.pixels * pixels / total)
        self.pixels = total

    def of_groups(self, groups: int) -> tuple[Tensor, Tensor]:
        """Mean and variance (channels,), over the channels of each of some groups."""
        mean, var = (v.view(groups, -1) for v in (self.mean, self.squares / self.pixels))
        whole = mean.mean(1, keepdim=True)
        var = (var + (mean - whole) ** 2).mean(1, keepdim=True)
        return tuple(v.expand_as(mean).flatten() for v in (whole, var))


class StripNetwork:
    """Runs networks over one frame as their ``forward`` does, but band by band.

    Args:
        height: of the frame with its padding.
        width: of the frame with its padding.
    """

    def __init__(self, height: int, width: int) -> None:
        self.height = height
        self.band = max(1, STRIP_PIXELS // width)

    def bands(self, rows: Rows) -> Iterator[tuple[int, int]]:
        """First and last (exclusive) row of each band: of smaller maps, the same part."""
        step = max(1, self.band * rows.height // self.height)
        for first in range(0, rows.height, step):
            yield first, min(first + step, rows.height)

    def store(self, rows: Rows, see: Callable[[Tensor], None] | None = None) -> Stored:
        """Computes a map once and keeps it; ``see`` is shown each band."""
        stored = Stored(rows.height, rows.width)
        for first, last in self.bands(rows):
            band = rows.read(first, last)
            if see is not None:
                see(band)
            stored.write(first, band)
        return stored

    def run(
        self, layers: Iterable[nn.Module], rows: Rows, amp_dtype: torch.dtype | None = None
    ) -> Rows:
        """The map that layers make of a map, of which norms have been measured.

        Args:
            layers: in their order; of the kinds that our generators are made of.
            rows: what goes in.
            amp_dtype: of autocast, for convolutions.

        Raises:
            TypeError: a layer of another kind.
        """
        # Nothing may hold on to a map that has been passed: memory is what this is for.
        for layer in layers:
            rows = self._apply(layer, rows, amp_dtype)
        return rows

    def _apply(self, layer: nn.Module, rows: Rows, amp_dtype: torch.dtype | None) -> Rows:
        match layer:
            case nn.ReflectionPad2d():
                return Reflection(rows, layer)
            case nn.Conv2d():
                return Convolution(rows, layer, amp_dtype)
            case nn.ConvTranspose2d():
                return TransposedConvolution(rows, layer, amp_dtype)
            case nn.Upsample():
                return Upsampling(rows, layer)
            case InstanceNorm() | nn.GroupNorm():
                return self._normalize(layer, rows, amp_dtype)
            case nn.ReLU():
                return Pointwise(torch.relu, rows)
            case ResidualBlock():
                return self.store(Pointwise(torch.add, rows, self.run(layer.body, rows, amp_dtype)))
        raise TypeError(f'{type(layer).__name__} layers cannot be run in bands')

    def _normalize(
        self, layer: InstanceNorm | nn.GroupNorm, rows: Rows, amp_dtype: torch.dtype | None
    ) -> Rows:
        statistics = Statistics()
        if rows.height < self.height:
            rows = self.store(rows, statistics.add)
        else:
            for first, last in self.bands(rows):
                statistics.add(rows.read(first, last))
        groups = getattr(layer, 'num_groups', statistics.mean.numel())
        mean, var = (v.view(1, -1, 1, 1) for v in statistics.of_groups(groups))
        scale = (var + layer.eps).rsqrt()

        def normalize(x: Tensor) -> Tensor:
            with torch.autocast(x.device.type, amp_dtype, enabled=bool(amp_dtype)):
                dtype = layer(x[:, :, :1]).dtype  # autocast decides, by device and norm
            accurate = torch.promote_types(x.dtype, torch.float32)
            # In this order a constant map becomes exactly 0, as it does in one pass: the next
            # norms would blow up what else is left of it.
            y = (x - mean.to(accurate)).mul_(scale.to(accurate))
            if layer.weight is not None:
                y = y.mul_(layer.weight.view(1, -1, 1, 1)).add_(layer.bias.view(1, -1, 1, 1))
            return y.to(dtype)

        return Pointwise(normalize, rows)

    def head(self, layers: nn.Sequential, rows: Rows) -> Rows:
        """A head's output, computed without autocast."""
        dtype = layers[-1].weight.dtype
        return self.run(layers, Pointwise(lambda x: x.to(dtype), rows))

    def translate(self, generator: ImageGenerator | UNITAutoencoders, image: Rows) -> Rows:
        """What a generator makes of an image: of UNIT, what the target's decoder does."""
        if isinstance(generator, UNITAutoencoders):
            body = [*generator.encoders['source'], *generator.decoders['target']]
            head = generator.heads['target']
        else:
            body, head = generator.body, generator.head
        return Pointwise(torch.tanh, self.head(head, self.run(body, image, generator.amp_dtype)))

    def translate_pair(self, generator: PairGenerator, pair: Rows) -> tuple[Stored, Rows]:
        """The image and the class scores that a generator makes of a pair."""
        full, half, code = self._encode(generator, pair)
        image = self.head(
            generator.image_head, self._decode(generator, generator.image_decoder, full, half, code)
        )
        if generator.residual:
            image = Pointwise(lambda x, pair: (pair[:, :3] + x.tanh()).clamp(-1, 1), image, pair)
        else:
            image = Pointwise(torch.tanh, image)
        # Stored, so that what its decoder stores is free before the other one begins.
        image = self.store(image)
        classes = self._decode(generator, generator.class_decoder, full, half, code)
        return image, self.head(generator.class_head, classes)

    def _encode(
        self, generator: PairGenerator, pair: Rows
    ) -> tuple[Rows | None, Rows | None, Rows]:
        first, second, third = generator.encoder
        if not generator.skip:
            code = self.run([*first, *second, *third], pair, generator.amp_dtype)
            return None, None, code
        full = self.run(first, pair, generator.amp_dtype)
        half = self.run(second, full, generator.amp_dtype)
        return full, half, self.run(third, half, generator.amp_dtype)

    def _decode(
        self,
        generator: PairGenerator,
        decoder: nn.ModuleList,
        full: Rows | None,
        half: Rows | None,
        code: Rows,
    ) -> Rows:
        lower = self.run(decoder[0], code, generator.amp_dtype)
        if half is not None:
            lower = Pointwise(torch.add, lower, half)
        upper = self.run(decoder[1], lower, generator.amp_dtype)
        return upper if full is None else Pointwise(torch.add, upper, full)

    def class_pixels(self, pair: Rows) -> Tensor:
        """The pixels of each class and of the frame, (1, C + 1) in float64."""
        return sum(class_shares(pair.read(*band)).sum(2).double() for band in self.bands(pair))

    def align_class_colors(self, pair: Rows, style: Tensor, pixels: Tensor) -> Rows:
        """:func:`class_colors.align_class_colors`, measured over all bands."""
        moments = 0
        for band in self.bands(pair):
            x = pair.read(*band)
            moments = moments + class_moments(x, class_shares(x), pixels.to(x)).double()
        change = color_change(moments_to_colors(moments), style.to(moments))
        return Pointwise(lambda x: recolor(x, change.to(x)), pair)

    def generate(
        self, generator: PairGenerator, pair: Rows, style: Tensor | None
    ) -> tuple[Rows, Rows]:
        """:func:`class_colors.generate` in bands: the image and the class scores."""
        if style is None:
            return self.translate_pair(generator, pair)
        pixels = self.class_pixels(pair)
        aligned = self.align_class_colors(pair, style, pixels)
        image, scores = self.translate_pair(generator, aligned)
        painted = Pointwise(lambda image, pair: join(image, pair[:, 3:]), image, pair)
        aligned = self.align_class_colors(painted, style, pixels)
        return Pointwise(lambda pair: pair[:, :3], aligned), scores


@torch.inference_mode()
def translate_in_strips(
    network: FrameNetwork, image: Tensor, ids: Tensor, style: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """What a :class:`FrameNetwork` in evaluation mode makes of a frame, in bounded memory.

    Takes about 1.6 times as long as one pass (base_channels=24, num_blocks=4, skip, on a CPU): maps
    of full size are computed two to four times.

    Args:
        network: on any device, where the bands are computed.
        image: (1, 3, H, W) uint8, BGR, on the host.
        ids: (1, H, W) uint8, class ids and 255; not checked.
        style: (1, C + 1, 2, 3), see :mod:`class_colors`; None leaves colors to the generator.

    Returns:
        The same shapes and types, on the host: those of ``network(image, ids, style)``, within
        the rounding of the sums that they are made of.
    """
    generator = network.generator
    like = next(generator.parameters())
    size = tuple(network.padded(side) for side in ids.shape[1:])
    banded = StripNetwork(*size)
    if isinstance(generator, PairGenerator):
        pair = Frame(image, ids, network.num_classes, size, like)
        output, scores = banded.generate(generator, pair, style)
    else:
        output = banded.translate(generator, Frame(image, None, 0, size, like))
        scores = None
    new_image, new_ids = image.clone(), ids.clone()
    h, w = ids.shape[1:]
    for first, last in banded.bands(output):
        last = min(last, h)
        if first >= last:
            break
        rows = slice(first, last)
        new_image[:, :, rows] = decode_image(output.read(first, last)[..., :w])
        if scores is not None:
            own = ids[:, rows].to(like.device)
            new_ids[:, rows] = decode_ids(scores.read(first, last)[..., :w], own)
    return new_image, new_ids
