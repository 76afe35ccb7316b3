"""Options of `fit`, such as network="finer" or omega=300.0, and the recipe that they make."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal, TypedDict

from ligeia.audio.signal import Sound
from ligeia.errors import SettingsError
from ligeia.fitting.own_recipes import LIGEIA, own_recipe
from ligeia.fitting.plan import Recipe, with_parameters
from ligeia.fitting.recipes import BY_NAME as RECIPES
from ligeia.fitting.recipes import recipe_named
from ligeia.networks import BY_NAME
from ligeia.networks.spec import NetworkSpec
from ligeia.training.config import MAX_STEPS

SIZES = ("width", "depth", "parameters", "omega")
"""Options that change the network, which one that is given as such does not allow."""
OF_THE_LOOP = ("steps", "seconds", "snr_db", "learning_rate", "loss")
"""Options of the optimiser loop, for which a closed form has no use."""
OMEGAS = ("omega", "fixed_first", "first_omega", "reach", "first_bound")
"""Fields that set the frequencies of a first layer; the first that a network has, and that is not 0, is its omega."""


class FitOptions(TypedDict, total=False):
    """The options of `fit`: changes to what the recipe says."""

    width: int | None
    """Units in each hidden layer; None: the recipe's, or as many as the parameters allow."""
    depth: int | None
    """Hidden layers."""
    parameters: int | None
    """Parameters of the whole sound, at most; it decides the width."""
    omega: float | None
    """Frequency factor of the first layer, in radians per unit of the coordinate (`networks.coordinates.hz_to_omega`
    gives it in Hz): `first_omega` or the field that plays its part."""
    learning_rate: float | tuple[float, float, float] | None
    """Peak learning rate of all layers, or of the first layer, the hidden layers and the output layer."""
    loss: Literal["mse", "l1", "smooth_l1"] | Callable[..., Any] | None
    """Loss to minimise: a name, or a function of `estimate` and `target` (`fitting.own_loss`)."""
    steps: int | None
    """Optimiser steps for each group of blocks."""
    seconds: float | None
    """Time limit in seconds; without `steps` nothing else ends the fit."""
    snr_db: float | None
    """Signal-to-noise ratio in dB at which to stop."""
    seed: int | None
    """Start of the random numbers."""
    device: str | None
    """ "auto", "cpu" or "cuda"."""


def chosen_recipe(
    sound: Sound, recipe: Recipe | str | None, network: str | NetworkSpec | None, options: Mapping[str, Any]
) -> Recipe:
    """Return the recipe that a caller means.

    Raises:
        SettingsError: a name is unknown, an option out of range, or one contradicts another.
    """
    given = {name: value for name, value in options.items() if value is not None}
    chosen = _named(recipe, network)
    if chosen.solve is not None and (useless := [name for name in OF_THE_LOOP if name in given]):
        raise SettingsError(f"{chosen.name} is solved in closed form: it has no use for {useless[0]}")
    if chosen.solve is not None and given.get("device", "auto") not in ("auto", "cpu"):
        raise SettingsError(f"{chosen.name} is solved on the CPU, got the device {given['device']!r}")
    if isinstance(network, NetworkSpec) and (useless := [name for name in SIZES if name in given]):
        raise SettingsError(f"the network says its {useless[0]} itself: set it there, or give the network by name")
    if "parameters" in given and (other := [name for name in ("width", "depth") if name in given]):
        raise SettingsError(f"parameters decide the size of the network: give no {other[0]} with them")
    chosen = chosen.resized(width=given.get("width"), depth=given.get("depth"))
    if "omega" in given:
        chosen = _with_omega(chosen, given["omega"])
    chosen = replace(chosen, config=replace(chosen.config, **_changes(chosen, given)))
    return with_parameters(chosen, sound, given["parameters"]) if "parameters" in given else chosen


def _named(recipe: Recipe | str | None, network: str | NetworkSpec | None) -> Recipe:
    """Return the recipe that is named, or that of a network.

    Raises:
        SettingsError: both are, or the name is unknown.
    """
    if recipe is not None and network is not None:
        name = recipe if isinstance(recipe, str) else recipe.name
        raise SettingsError(f"the recipe {name} brings its own network: give a recipe or a network, not both")
    if isinstance(network, NetworkSpec):
        own = own_recipe(network.name).resized(width=getattr(network, "width", None))  # for its learning rates
        return replace(own, design=lambda shape: replace(network, channels=shape.channels), density=None)
    if network is not None:
        return own_recipe(network)
    if isinstance(recipe, str) and recipe in BY_NAME and recipe not in RECIPES:
        raise SettingsError(f"{recipe} is a network, not a recipe: network={recipe!r}")
    if isinstance(recipe, str):
        return recipe_named(recipe)
    return LIGEIA if recipe is None else recipe


def _changes(recipe: Recipe, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the fit that options change."""
    changes = {name: given[name] for name in ("steps", "seconds", "snr_db", "seed", "device", "loss") if name in given}
    if "seconds" in given and "steps" not in given:
        changes["steps"] = MAX_STEPS
    if "learning_rate" in given:
        rate = given["learning_rate"]
        changes["learning_rates"] = tuple(rate) if isinstance(rate, tuple | list) else (rate, rate, rate)
    if callable(given.get("loss")) and not recipe.config.ordered:
        changes |= {"stride": 1, "sampling": "strided"}
    return changes


def _with_omega(recipe: Recipe, omega: float) -> Recipe:
    """Return the recipe with another frequency factor of the first layer."""

    def design(shape: Any) -> NetworkSpec:
        spec = recipe.design(shape)
        fields = [name for name in OMEGAS if name in spec.__dataclass_fields__]
        field = next((name for name in fields if getattr(spec, name)), None)
        if field is None:
            raise SettingsError(f"the network {spec.name} has no omega: its first layer has no frequency factor")
        changes: dict[str, Any] = {field: float(omega)}
        return replace(spec, **changes)

    return replace(recipe, design=design)
