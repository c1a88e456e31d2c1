"""The forward pass of a generator as a list of steps, and the base class of generators.

Two callers walk the same list: :meth:`Generator.run` on tensors, and
:class:`semgan_aug.translator.strip_network.StripNetwork` on maps that are computed strip by strip.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

Map = TypeVar('Map')

#: Name of the map that the steps begin with: an image (N, 3, H, W) or a pair (N, 3 + C, H, W).
INPUT = 'input'


class Step(NamedTuple):
    """One step of a forward pass: it makes one feature map from earlier ones.

    Attributes:
        output: name of the map that it makes.
        inputs: names of the maps that it reads.
        function: layers, which read one map; or a function that works on each pixel alone.
        float32: run in float32 without autocast, whatever the generator's ``amp_dtype``.
    """

    output: str
    inputs: tuple[str, ...]
    function: nn.Sequential | Callable[..., Tensor]
    float32: bool = False


def walk(
    steps: Sequence[Step],
    outputs: tuple[str, ...],
    maps: dict[str, Map],
    apply: Callable[[Step, list[Map]], Map],
) -> tuple[Map, ...]:
    """Runs steps in their order and drops each map after the last step that reads it.

    Args:
        steps: no two make maps of the same name.
        outputs: names of the maps to return.
        maps: the maps that the steps begin with, by name.
        apply: makes the map of a step from its inputs. It may empty the list of inputs, so that
            nothing else holds them.

    Returns:
        The maps named by ``outputs``.
    """
    for number, step in enumerate(steps):
        inputs = [maps[name] for name in step.inputs]
        needed = [*outputs, *(name for later in steps[number + 1 :] for name in later.inputs)]
        maps = {name: value for name, value in maps.items() if name in needed}
        maps[step.output] = apply(step, inputs)
    return tuple(maps[name] for name in outputs)


class Generator(nn.Module):
    """A network that translates frames; its forward pass is a list of steps.

    Attributes:
        amp_dtype: dtype of autocast for every step but the float32 ones; None is float32.
        checkpointing: keep only the inputs of each step's layers for the backward pass.
        multiple: sides of the input must be multiples of this.
        outputs: names of the maps that the generator makes: 'image', then 'classes' if it makes
            class scores.
    """

    amp_dtype: torch.dtype | None = None
    checkpointing: bool = False
    #: Two strided convolutions halve the sides twice.
    multiple: int = 4
    outputs: tuple[str, ...] = ('image',)

    def steps(self) -> list[Step]:
        """The steps from the source frame to the translated frame."""
        raise NotImplementedError

    def run(self, steps: list[Step], outputs: tuple[str, ...], x: Tensor) -> tuple[Tensor, ...]:
        """Runs steps on a tensor (N, channels, H, W) and returns the maps named by ``outputs``."""

        def apply(step: Step, inputs: list[Tensor]) -> Tensor:
            dtype = None if step.float32 else self.amp_dtype
            with torch.autocast(x.device.type, dtype, enabled=bool(dtype)):
                if step.float32:
                    return step.function(*(value.float() for value in inputs))
                is_layers = isinstance(step.function, nn.Sequential)
                if is_layers and self.checkpointing and torch.is_grad_enabled():
                    # No layer draws random numbers, so their state need not be restored.
                    return checkpoint(
                        step.function, *inputs, use_reentrant=False, preserve_rng_state=False
                    )
                return step.function(*inputs)

        return walk(steps, outputs, {INPUT: x}, apply)
