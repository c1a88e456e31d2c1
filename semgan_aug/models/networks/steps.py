"""The forward pass of a generator as a list of steps, and the base class of generators.

Two callers run the same list: :meth:`Generator.run` on tensors, and
:class:`semgan_aug.translator.strip_network.StripNetwork` on lazy feature maps, strip by strip.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

Map = TypeVar('Map')

#: Name of the input map: an image (N, 3, H, W) or a pair (N, 3 + C, H, W).
INPUT = 'input'


class Step(NamedTuple):
    """One step of a forward pass: it computes one feature map from earlier ones.

    Attributes:
        output: name of the map that the step computes.
        inputs: names of the maps that the step reads.
        function: layers, which read one map; or a pointwise function of several maps.
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
    """Runs the steps in order, and drops each map after the last step that reads it.

    Args:
        steps: the steps; their outputs have distinct names.
        outputs: names of the maps to return.
        maps: the input maps, by name.
        apply: computes the map of a step from its inputs. It may empty the list of inputs, so that
            their memory can be freed.

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
        amp_dtype: autocast dtype of all steps that are not marked float32; None is float32.
        checkpointing: gradient checkpointing: keep only the inputs of each step's layers.
        multiple: the sides of the input must be multiples of this number.
        outputs: names of the maps that the generator returns: 'image', then 'classes' if it
            computes class scores.
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
        """Runs steps on a tensor (N, channels, H, W); returns the maps named by ``outputs``."""

        def apply(step: Step, inputs: list[Tensor]) -> Tensor:
            dtype = None if step.float32 else self.amp_dtype
            with torch.autocast(x.device.type, dtype, enabled=bool(dtype)):
                if step.float32:
                    return step.function(*(value.float() for value in inputs))
                is_layers = isinstance(step.function, nn.Sequential)
                if is_layers and self.checkpointing and torch.is_grad_enabled():
                    # No layer draws random numbers, so the generators' state is not restored.
                    return checkpoint(
                        step.function, *inputs, use_reentrant=False, preserve_rng_state=False
                    )
                return step.function(*inputs)

        return walk(steps, outputs, {INPUT: x}, apply)
