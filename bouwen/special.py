"""Special functions of SciPy, loaded at the first call: that takes half as long as pandas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _late(name: str) -> Callable[..., Any]:
    def function(*args: Any) -> Any:
        from scipy import special

        return getattr(special, name)(*args)

    function.__name__ = name
    function.__doc__ = f"`scipy.special.{name}`."
    return function


#: Chi-square: upper tail, its inverse; noncentral: lower tail, its inverses by x and by the noncentrality.
chdtrc, chdtri, chndtr, chndtrix, chndtrinc = map(
    _late, ("chdtrc", "chdtri", "chndtr", "chndtrix", "chndtrinc")
)
#: Standard normal: lower tail, its inverse; Owen's T.
ndtr, ndtri, owens_t = map(_late, ("ndtr", "ndtri", "owens_t"))
#: Student's t: lower tail, its inverse. The logistic function.
stdtr, stdtrit, expit = map(_late, ("stdtr", "stdtrit", "expit"))
#: F: upper tail.
fdtrc = _late("fdtrc")
