"""Stand-ins for packages whose real weights cannot be had here: the same calls, networks of a few numbers."""

SEPFORMER = """
import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self, kernel_size, out_channels):
        super().__init__()
        self.conv1d = nn.Conv1d(1, out_channels, kernel_size, stride=kernel_size // 2, bias=False)

    def forward(self, x):
        return torch.relu(self.conv1d(x[:, None]))


class SBTransformerBlock(nn.Module):
    def __init__(self, **settings):
        super().__init__()
        assert settings["norm_before"] and settings["use_positional_encoding"]


class Dual_Path_Model(nn.Module):
    def __init__(self, in_channels, out_channels, **settings):
        super().__init__()
        assert settings["num_spks"] == 1
        self.conv1d = nn.Conv1d(in_channels, out_channels, 1)

    def forward(self, x):
        return torch.sigmoid(self.conv1d(x))[None]


class Decoder(nn.ConvTranspose1d):
    def forward(self, x):
        return super().forward(x)[:, 0]
"""
MOSSFORMER_SE = """
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(180, 961)

    def forward(self, x):
        return [self.layer(x).sigmoid()]


class MossFormer2_SE_48K(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.model = Net()
"""
MOSSFORMER_SR = """
from torch import nn


class Mossformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Conv1d(80, 80, 1)

    def forward(self, x):
        return self.layer(x)


class Generator(nn.Module):
    def __init__(self, h):
        super().__init__()
        assert h.upsample_rates == [8, 8, 2, 2]
        self.layer = nn.ConvTranspose1d(80, 1, 256, 256)

    def forward(self, x):
        return self.layer(x).tanh()
"""
