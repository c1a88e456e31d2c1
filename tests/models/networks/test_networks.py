"""The generator and the discriminator of the paper."""

import pytest
import torch
from torch import nn

from semgan_aug.models.networks import PairGenerator, PatchDiscriminator


def count(module):
    return sum(p.numel() for p in module.parameters())


def test_parameter_counts_of_the_paper():
    with torch.device('meta'):
        assert count(PairGenerator(20)) == 11_872_471
        assert count(PatchDiscriminator(23)) == 2_785_217


@pytest.mark.parametrize('shared', [0, 1, 3, None])
def test_where_the_decoders_split(shared):
    net = PairGenerator(2, base_channels=2, num_blocks=3, shared_blocks=shared)
    block = 2 * (8 * 8 * 9 + 8)  # two 3x3 convolutions on 4 * 2 channels, with bias
    without = PairGenerator(2, base_channels=2, num_blocks=0)
    own = 0 if shared is None else 3 - shared
    assert count(net.encoder) == count(without.encoder) + (3 - own) * block
    for name in ('image_decoder', 'class_decoder'):
        assert count(getattr(net, name)) == count(getattr(without, name)) + own * block
    image, scores = net(torch.rand(1, 5, 8, 12))
    assert image.shape == (1, 3, 8, 12) and scores.shape == (1, 2, 8, 12)


@pytest.mark.parametrize('shared', [-1, 4])
def test_split_out_of_range(shared):
    with pytest.raises(ValueError, match=rf'shared_blocks is {shared}, but 0 ... num_blocks \(3\)'):
        PairGenerator(2, base_channels=2, num_blocks=3, shared_blocks=shared)


def test_both_heads_read_the_joint_code():
    # The class map comes from the image and the image from the class map.
    net = PairGenerator(2, base_channels=4, num_blocks=1)
    pair = torch.rand(1, 5, 16, 16, requires_grad=True)
    for head in net(pair):
        (grad,) = torch.autograd.grad(head[..., 8, 8].square().sum(), pair, retain_graph=True)
        assert (grad.abs().sum((0, 2, 3)) > 0).all()


def test_outputs():
    torch.manual_seed(0)
    net = PairGenerator(3, base_channels=4, num_blocks=1)
    nn.init.normal_(net.image_head[1].weight, std=5.0)
    nn.init.normal_(net.class_head[1].weight, std=5.0)
    image, scores = net(torch.rand(2, 6, 24, 16) * 2 - 1)
    assert image.shape == (2, 3, 24, 16) and scores.shape == (2, 3, 24, 16)
    assert image.abs().max() <= 1 and image.abs().max() > 0.99
    assert scores.abs().max() > 1  # scores, not probabilities


@pytest.mark.parametrize(
    'size, pad', [((9, 16), '12 x 16'), ((16, 30), '16 x 32'), ((4, 4), '8 x 8')]
)
def test_wrong_sizes_name_the_size_to_pad_to(size, pad):
    net = PairGenerator(2, base_channels=2, num_blocks=1)
    with pytest.raises(ValueError, match=f'the input is {size[0]} x {size[1]}, .* pad it to {pad}'):
        net(torch.zeros(1, 5, *size))
    net(torch.zeros(1, 5, *map(int, pad.split(' x '))))  # and that size works


@pytest.mark.parametrize('num_strided, field', [(3, 70), (2, 34)])
def test_receptive_field(num_strided, field):
    torch.manual_seed(0)
    net = PatchDiscriminator(4, base_channels=4, num_strided=num_strided)
    for i, layer in enumerate(net.body):
        if isinstance(layer, nn.InstanceNorm2d):  # whose statistics are of the whole image
            net.body[i] = nn.Identity()
    for parameter in net.parameters():
        nn.init.normal_(parameter)
    pair = torch.randn(1, 4, 160, 160, dtype=torch.float64, requires_grad=True)
    net.double()
    # The head casts to float32 by design; measure it in double all the same.
    scores = net.head(net.body(pair))
    middle = scores.shape[-1] // 2
    scores[0, 0, middle, middle].backward()
    rows, columns = pair.grad.abs().sum((0, 1)).nonzero().T
    assert rows.max() - rows.min() + 1 == field
    assert columns.max() - columns.min() + 1 == field


def test_discriminator_judges_patches_of_the_pair():
    net = PatchDiscriminator(23, base_channels=4)
    assert net(torch.rand(2, 23, 64, 96)).shape == (2, 1, 6, 10)
    strides = [layer.stride[0] for layer in net.modules() if isinstance(layer, nn.Conv2d)]
    assert strides == [2, 2, 2, 1, 1]
    assert not isinstance(net.body[1], nn.InstanceNorm2d)  # none after the first convolution
    assert sum(isinstance(layer, nn.InstanceNorm2d) for layer in net.modules()) == 3


def test_upsampling_and_convolution_instead_of_transposed_convolution():
    net = PairGenerator(3, base_channels=2, num_blocks=1)
    kinds = [type(layer) for layer in net.modules()]
    assert not any('Transpose' in kind.__name__ for kind in kinds)
    assert kinds.count(nn.Upsample) == 4  # two in each decoder


def test_initial_weights():
    with torch.no_grad():
        net = PairGenerator(3, base_channels=16, num_blocks=1)
    weights = torch.cat([m.weight.flatten() for m in net.modules() if isinstance(m, nn.Conv2d)])
    assert weights.std().item() == pytest.approx(0.02, rel=0.02)
    assert all((m.bias == 0).all() for m in net.modules() if isinstance(m, nn.Conv2d))
    assert not any(m.affine for m in net.modules() if isinstance(m, nn.InstanceNorm2d))


def test_skips_carry_full_size_detail_and_cost_no_parameter():
    torch.manual_seed(0)
    plain = PairGenerator(3, base_channels=4, num_blocks=1)
    skip = PairGenerator(3, base_channels=4, num_blocks=1, skip=True)
    skip.load_state_dict(plain.state_dict())
    pair = torch.rand(1, 6, 16, 16)
    nothing = torch.zeros(1, 16, 4, 4)
    for net, reaches in ((plain, False), (skip, True)):
        net.encoder[2].register_forward_hook(lambda *_: nothing)  # cuts the way through the code
        outputs = [net(p)[0] for p in (pair, 1 - pair)]
        assert reaches != torch.equal(*outputs)


@pytest.mark.parametrize('network', ['generator', 'discriminator'])
def test_bfloat16_inside_and_float32_outside(network):
    if network == 'generator':
        net = PairGenerator(3, base_channels=4, num_blocks=1, amp_dtype='bfloat16')
        inner = net.encoder[2]
    else:
        net = PatchDiscriminator(6, base_channels=4, num_strided=1, amp_dtype='bfloat16')
        inner = net.body
    inside = []
    inner.register_forward_hook(lambda module, args, output: inside.append(output.dtype))
    outputs = net(torch.rand(1, 6, 16, 16))
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    assert inside == [torch.bfloat16]
    assert all(output.dtype == torch.float32 for output in outputs)
    sum(output.mean() for output in outputs).backward()
    assert all(p.grad is not None and p.dtype == torch.float32 for p in net.parameters())
