import pytest
import torch
from mmengine.utils import is_list_of
from mmseg.registry import MODELS

from semgan_aug.models.backbones import DRN

SMALL = (2, 2, 4, 4, 8, 8, 8, 8)


@pytest.mark.parametrize('arch, count', [('C-26', 20_613_584), ('D-22', 15_880_752)])
def test_parameters_of_the_original(arch, count):
    assert sum(p.numel() for p in DRN(arch).parameters()) == count


@pytest.mark.parametrize('arch', ['C-26', 'D-22'])
def test_levels(arch):
    net = MODELS.build(dict(type='DRN', arch=arch, widths=SMALL, out_indices=tuple(range(9))))
    features = net(torch.rand(2, 3, 64, 96))
    assert is_list_of(list(features), torch.Tensor)
    assert [f.shape[1] for f in features] == [2, *SMALL]
    assert [64 // f.shape[2] for f in features] == [1, 1, 2, 4, 8, 8, 8, 8, 8]
    assert torch.equal(features[8], net.layer8(features[7]))
    sum(f.sum() for f in features).backward()
    assert all(p.grad is not None for p in net.parameters())


def test_only_the_last_level_by_default():
    (last,) = DRN('D-22', SMALL)(torch.rand(1, 3, 45, 67))
    assert last.shape == (1, 8, 6, 9)


@pytest.mark.parametrize('level, dilation', [(4, 1), (5, 2), (6, 4), (7, 2), (8, 1)])
@pytest.mark.parametrize('arch', ['C-26', 'D-22'])
def test_dilations(arch, level, dilation):
    layer = getattr(DRN(arch, SMALL), f'layer{level}')
    found = {
        m.dilation[0]
        for m in layer.modules()
        if isinstance(m, torch.nn.Conv2d) and m.kernel_size == (3, 3)
    }
    assert found == {dilation}


def test_names_of_the_public_checkpoints():
    c26, d22 = set(DRN('C-26').state_dict()), set(DRN('D-22').state_dict())
    assert {
        'conv1.weight',
        'bn1.running_mean',
        'layer1.0.conv1.weight',
        'layer2.0.downsample.0.weight',
        'layer5.0.downsample.1.bias',
        'layer8.0.bn2.weight',
    } <= c26
    assert {
        'layer0.0.weight',
        'layer0.1.bias',
        'layer1.0.weight',
        'layer3.0.downsample.0.weight',
        'layer6.1.conv2.weight',
        'layer8.1.running_var',
    } <= d22
    assert not any(k.startswith(('layer7.0.downsample', 'layer8.0.downsample')) for k in c26)


def test_pretrained_weights_are_loaded(tmp_path):
    original = DRN('D-22', SMALL)
    weights = {k: torch.full_like(v, 0.5) for k, v in original.state_dict().items()}
    torch.save({**weights, 'fc.weight': torch.zeros(1000, 8, 1, 1)}, tmp_path / 'drn_d_22.pth')
    net = DRN(
        'D-22', SMALL, init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'drn_d_22.pth'))
    )
    net.init_weights()
    assert all(bool((p == 0.5).all()) for p in net.parameters())


def test_norm_eval_and_norm_cfg():
    net = DRN('C-26', SMALL, norm_cfg=dict(type='SyncBN'), norm_eval=True).train()
    norms = [m for m in net.modules() if isinstance(m, torch.nn.SyncBatchNorm)]
    assert norms and not any(m.training for m in norms)


@pytest.mark.parametrize(
    'kwargs, message',
    [
        (dict(arch='D-38'), 'choose one of C-26, D-22'),
        (dict(widths=(16, 32)), 'must be 8 channel counts'),
        (dict(out_indices=(8, 3)), 'in rising order'),
        (dict(out_indices=()), 'in rising order'),
        (dict(out_indices=(9,)), 'from 0 to 8'),
    ],
)
def test_wrong_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        DRN(**kwargs)
