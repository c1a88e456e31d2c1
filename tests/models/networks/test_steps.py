"""The list of steps of a forward pass and the loop that walks it."""

import weakref

import pytest
import torch

from semgan_aug.models.networks import ImageGenerator, PairGenerator, UNITAutoencoders
from semgan_aug.models.networks.steps import INPUT, Step, walk

SMALL = dict(base_channels=2, num_blocks=2)
GENERATORS = {
    'pair': PairGenerator(3, **SMALL),
    'none shared': PairGenerator(3, shared_blocks=0, **SMALL),
    'skip, residual': PairGenerator(3, skip=True, residual=True, **SMALL),
    'image': ImageGenerator(**SMALL),
    'UNIT': UNITAutoencoders(**SMALL),
}


class Number:
    """A map for which a weak reference can be held."""

    def __init__(self, value):
        self.value = value


def test_walk_computes_outputs_and_drops_what_no_step_reads():
    alive = {}

    def apply(step, inputs):
        values = [x.value for x in inputs]
        inputs.clear()
        seen.append({name for name, ref in alive.items() if ref() is not None})
        made = Number(step.function(*values))
        alive[step.output] = weakref.ref(made)
        return made

    seen = []
    steps = [
        Step('a', (INPUT,), lambda x: x + 1),
        Step('b', ('a',), lambda a: a * 10),
        Step('c', ('b', 'a'), lambda b, a: b + a),
        Step('d', ('c',), lambda c: -c),
    ]
    found = walk(steps, ('b', 'd'), {INPUT: Number(2)}, apply)
    assert [x.value for x in found] == [30, -33]
    assert seen == [set(), {'a'}, {'b'}, {'b'}]


@pytest.mark.parametrize('name', GENERATORS)
def test_steps_read_what_earlier_steps_made(name):
    generator = GENERATORS[name]
    made = {INPUT}
    for step in generator.steps():
        assert set(step.inputs) <= made, step.output
        assert step.output not in made
        made.add(step.output)
    assert set(generator.outputs) <= made


@pytest.mark.parametrize('name', GENERATORS)
def test_steps_hold_every_weight_of_the_way_from_source_to_target(name):
    generator = GENERATORS[name]
    reached = {
        id(value)
        for step in generator.steps()
        if isinstance(step.function, torch.nn.Module)
        for value in step.function.parameters()
    }
    other = ('encoders.target', 'decoders.source', 'heads.source')  # UNIT's way back
    for key, value in generator.named_parameters():
        assert (id(value) in reached) != key.startswith(other), key


def test_float32_steps_are_not_cast():
    generator = PairGenerator(3, amp_dtype='bfloat16', residual=True, **SMALL)
    dtypes = {}
    for step in generator.steps():
        if isinstance(step.function, torch.nn.Module):
            step.function.register_forward_hook(
                lambda module, args, output, name=step.output: dtypes.update({name: output.dtype})
            )
    image, classes = generator(torch.rand(1, 6, 16, 16))
    assert dtypes.pop('painted') == dtypes.pop('classes') == torch.float32
    assert set(dtypes.values()) == {torch.bfloat16}
    assert image.dtype == classes.dtype == torch.float32
