"""AdaBelief (Zhuang et al. 2020), as Zuiderveld 2021 uses it: coupled L2 penalty, no rectification, epsilon 1e-16.

Where Adam divides by the root of the mean square of the gradient g, AdaBelief divides by that of its deviation from its
own mean, its "belief":

    m <- b1 m + (1 - b1) g
    s <- b2 s + (1 - b2) (g - m)^2 + eps
    w <- w - lr / (1 - b1^n) m / (sqrt(s) / sqrt(1 - b2^n) + eps)

As in the authors' program (`adabelief-pytorch` 0.2), eps stays in s from step to step, and m in the deviation is the
new one.
"""

from collections.abc import Callable, Iterable
from math import sqrt
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


class AdaBelief(Optimizer):
    """AdaBelief over groups of parameters. `weight_decay` is lambda of lambda/2 |W|^2, added to the gradient."""

    def __init__(
        self,
        parameters: Iterable[dict[str, Any]] | Iterable[Tensor],
        lr: float = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-16,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Take one step; the closure of other optimisers is not used."""
        for group in self.param_groups:
            parameters = [value for value in group["params"] if value.grad is not None]
            if parameters:
                self._step(group, parameters)

    def _step(self, group: dict[str, Any], parameters: list[Tensor]) -> None:
        states = [self._state_of(value) for value in parameters]
        gradients: list[Tensor] = [value.grad for value in parameters if value.grad is not None]
        if group["weight_decay"] != 0:
            gradients = list(torch._foreach_add(gradients, parameters, alpha=group["weight_decay"]))
        means, variances = [state["mean"] for state in states], [state["variance"] for state in states]
        (first, second), eps = group["betas"], group["eps"]
        torch._foreach_lerp_(means, gradients, 1 - first)
        deviations = torch._foreach_sub(gradients, means)
        torch._foreach_mul_(variances, second)
        torch._foreach_addcmul_(variances, deviations, deviations, 1 - second)
        torch._foreach_add_(variances, eps)
        torch._foreach_add_([state["step"] for state in states], 1)
        steps = float(states[0]["step"])  # parameters of a group have gradients together
        roots = torch._foreach_sqrt(variances)
        torch._foreach_div_(roots, sqrt(1 - second**steps))
        torch._foreach_add_(roots, eps)
        torch._foreach_addcdiv_(parameters, means, roots, -group["lr"] / (1 - first**steps))

    def _state_of(self, parameter: Tensor) -> dict[str, Tensor]:
        state: dict[str, Tensor] = self.state[parameter]
        if not state:
            state["step"] = torch.zeros((), dtype=torch.float64)
            state["mean"], state["variance"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
        return state
