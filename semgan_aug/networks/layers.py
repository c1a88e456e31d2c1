"""Layers that the generator and the discriminator share."""

from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """x + conv(relu(conv(x))) with reflection padding and instance norm, none after the sum."""

    def __init__(self, channels: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            nn.InstanceNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            nn.InstanceNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


def conv_norm_relu(cin: int, cout: int, kernel: int, stride: int = 1, pad: int = 0) -> list:
    """Convolution with bias, instance norm without affine, ReLU: the layers as a list."""
    return [
        nn.Conv2d(cin, cout, kernel, stride, pad),
        nn.InstanceNorm2d(cout),
        nn.ReLU(inplace=True),
    ]


def init_weights(module: nn.Module) -> None:
    """N(0, 0.02) weights and zero biases (CycleGAN)."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.normal_(layer.weight, 0.0, 0.02)
            nn.init.zeros_(layer.bias)
