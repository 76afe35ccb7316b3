"""Closed forms of the windowed-sine decoder: its numbers and codes without a single step of gradient descent.

- Atoms: tile by tile the singular vectors of what the sounds have there, which leave the least squared error of all
  linear decoders of that shape (Eckart & Young 1936).
- Mapping: codes are the principal components of the weights of all atoms; hidden units stay as they were drawn, and the
  last layer is solved by least squares (random features: Rahimi & Recht 2008). With as many hidden units as sounds
  nothing is lost.
- Details: a dictionary of shapes by gain-shape vector quantisation, and matching pursuit in what is left.
"""

from math import sqrt
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import Parameter
from torch.nn.functional import leaky_relu

from ligeia.codec.family.lapped import LappedSettings, Tile, numbers_of, plane_of
from ligeia.dsp.pursuit import pursue
from ligeia.dsp.shape_index import ShapeIndex
from ligeia.latent.decoders.mapping import SLOPE
from ligeia.latent.dictionary import learn_shapes, unit_shapes

FILL = 0.35
"""Level of the noise that fills a tile, as a part of what is left of the sounds there: it adds 0.5 dB to that error."""
FAINT = 1e-12
"""Energy of what is left in a tile, as a part of a sound's, that counts as no less."""
SMALLEST = 1e-9
"""Energy of a direction, as a part of the largest, below which nothing is known of it."""


class Tiled(Protocol):
    """A decoder that makes coefficients tile by tile, and sound of them (`decoders.lapped`)."""

    settings: LappedSettings
    samples: int
    seed: int
    tiles: list[Tile]

    def get_parameter(self, target: str) -> Parameter:
        """Return a tensor of the settings by its name."""

    def said(self, codes: Tensor) -> Tensor:
        """Return the coefficients `[items, frames, frame_size]` of codes, without noise."""

    def sound(self, plane: Tensor) -> Tensor:
        """Return the samples `[items, samples]` of coefficients."""


@torch.no_grad()
def solve(decoder: Tiled, waveforms: Tensor) -> Tensor:
    """Set the numbers of a decoder for `waveforms [items, samples]`, and return their codes `[items, numbers]`.

    Numbers of codes before the details have mean square 1.

    Raises:
        InputError: there is too little sound for the dictionary.
    """
    codes, plane = solve_function(decoder, waveforms)
    if decoder.settings.details:
        left = plane - decoder.said(codes).cpu()
        codes[:, decoder.settings.dense :] = torch.from_numpy(_details_of(decoder, left.numpy())).to(codes)
    if decoder.settings.fill:
        decoder.get_parameter("fill").copy_(_levels(decoder, codes, plane))
    return codes


@torch.no_grad()
def solve_function(decoder: Tiled, waveforms: Tensor) -> tuple[Tensor, Tensor]:
    """Set the atoms, the mapping and the dictionary of a decoder, which is all that others' sounds need.

    Returns codes `[items, numbers]` whose details are still 0, and the coefficients `[items, frames, frame_size]` of
    the waveforms.

    Raises:
        InputError: there is too little sound for the dictionary.
    """
    settings = decoder.settings
    plane = torch.from_numpy(plane_of(settings, waveforms.detach().float().cpu().numpy()))
    scores = []
    for tile in decoder.tiles:
        codes, atoms = truncated(plane[:, tile.frames, tile.bins].flatten(1), tile.rank)
        decoder.get_parameter(tile.name).copy_(atoms.view(tile.shape))
        scores.append(codes)
    codes = torch.cat(scores, dim=1)
    if settings.mapping_layers:
        codes = _solve_mapping(decoder, codes)
    blank = codes.new_zeros(len(codes), settings.code - settings.dense)
    codes = torch.cat([codes, blank], dim=1).to(waveforms)
    if settings.details:
        left = (plane - decoder.said(codes).cpu()).numpy()
        gap = np.zeros((len(left), settings.shape_frames, left.shape[2]), np.float32)
        both = np.concatenate([plane.numpy(), gap, left], axis=1)  # the strongest patches of either
        shapes = learn_shapes(settings, both, seed=decoder.seed)
        decoder.get_parameter("shapes").copy_(torch.from_numpy(shapes))
    return codes, plane


@torch.no_grad()
def closed_codes(decoder: Tiled, waveforms: Tensor) -> Tensor | None:
    """Return the codes `[items, numbers]` of any `waveforms [items, samples]`; None where a mapping forbids it.

    The numbers before the details are those of least squared error, and details follow in what these leave.
    """
    settings = decoder.settings
    if settings.mapping_layers > 1:
        return None
    every = torch.eye(settings.code)[: settings.dense].to(waveforms)
    origin = decoder.sound(decoder.said(torch.zeros_like(every[:1]))).double()
    basis = decoder.sound(decoder.said(every)).double() - origin
    products = (waveforms.double() - origin) @ basis.T
    codes = products @ torch.linalg.pinv(basis @ basis.T, rtol=SMALLEST, hermitian=True)
    blank = codes.new_zeros(len(codes), settings.code - settings.dense)
    found = torch.cat([codes, blank], dim=1).to(waveforms)
    if settings.details:
        left = plane_of(settings, (waveforms - decoder.sound(decoder.said(found))).float().cpu().numpy())
        found[:, settings.dense :] = torch.from_numpy(_details_of(decoder, left)).to(found)
    return found


def _details_of(
    decoder: Tiled, planes: "np.ndarray[tuple[int, int, int], np.dtype[np.float32]]"
) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    """Return the ends of codes `[items, 3 details]` for what is left of coefficients `[items, frames, frame_size]`."""
    settings = decoder.settings
    shapes, lengths = unit_shapes(decoder.get_parameter("shapes").detach().float().cpu().numpy())
    index = ShapeIndex(shapes)
    found = np.zeros((len(planes), settings.code - settings.dense), np.float32)
    for number, plane in enumerate(planes):
        atoms, _ = pursue(plane, shapes, settings.details, index=index)
        atoms.values[:] = atoms.values / lengths[atoms.shapes]
        found[number] = numbers_of(settings, atoms, (plane.shape[0], plane.shape[1]))
    return found


def _levels(decoder: Tiled, codes: Tensor, plane: Tensor) -> Tensor:
    """Return the levels of noise `[tiles]`: `FILL` of what is left of sounds, relative to the level of each."""
    said = decoder.said(codes).to(plane)
    whole = said.square().mean((1, 2)).clamp_min(1e-20)
    left = (plane - said).square()
    tiles = decoder.settings.all_tiles(decoder.samples)
    parts = [(left[:, tile.frames, tile.bins].mean((1, 2)) / whole).clamp_min(FAINT) for tile in tiles]
    return FILL * torch.stack([part.log().mean().div(2).exp() for part in parts]).nan_to_num(0.0)


def _solve_mapping(decoder: Tiled, weights: Tensor) -> Tensor:
    """Set the last layer of the mapping so that it makes `weights [items, atoms]` of codes, which are returned."""
    settings = decoder.settings
    norms = torch.cat([decoder.get_parameter(tile.name).flatten(1).norm(dim=1) for tile in decoder.tiles]).to(weights)
    codes, _ = truncated(weights * norms, settings.dense)
    hidden = codes.to(decoder.get_parameter("map_weight_0"))
    last = settings.mapping_layers - 1
    for k in range(last):
        hidden = hidden @ decoder.get_parameter(f"map_weight_{k}") + decoder.get_parameter(f"map_bias_{k}")
        hidden = leaky_relu(hidden, SLOPE)
    ones = torch.cat([hidden, hidden.new_ones(len(hidden), 1)], dim=1).double()
    solution = torch.linalg.pinv(ones, rtol=sqrt(SMALLEST)) @ weights.double().to(ones)
    decoder.get_parameter(f"map_weight_{last}").copy_(solution[:-1])
    decoder.get_parameter(f"map_bias_{last}").copy_(solution[-1])
    return codes


def truncated(matrix: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """Return codes `[items, rank]` and rows `[rank, columns]` whose product is nearest to `matrix [items, columns]`.

    Codes have mean square 1. Ranks beyond that of the matrix have codes 0 and rows 0.
    """
    left, values, right = torch.linalg.svd(matrix.double(), full_matrices=False)
    kept = min(rank, len(values))
    codes = matrix.new_zeros(len(matrix), rank)
    rows = matrix.new_zeros(rank, matrix.shape[1])
    scale = sqrt(len(matrix))
    used = values[:kept] > SMALLEST * values[0].clamp_min(1e-30)
    codes[:, :kept] = (left[:, :kept] * scale * used).to(matrix)
    rows[:kept] = (right[:kept] * (values[:kept, None] / scale) * used[:, None]).to(matrix)
    return codes, rows
