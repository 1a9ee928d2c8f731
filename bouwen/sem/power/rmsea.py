"""Population misfit and sample size -> power of the tests of fit, in closed form.

Where the population's RMSEA is ε the chi-square is noncentral with λ = (n − 1) df ε² / G, so that tests of
H₀: ε ≤ ε₀ (exact fit at ε₀ = 0, close fit at 0.05) and of H₀: ε ≥ ε₀ (not-close fit) have a power that needs
no simulation.

References
----------
MacCallum, Browne & Sugawara (1996), Psychological Methods 1, 130–149; for G groups Steiger (1998).
"""

from __future__ import annotations

from bouwen.checks import NotACount, UnknownOption, check_count, check_share
from bouwen.sem.family.measures import CLOSE_FIT
from bouwen.special import chndtr, chndtrix

LARGEST = 10_000_000


def rmsea_power(
    df: int,
    n: float,
    *,
    rmsea0: float = CLOSE_FIT,
    rmsea: float = 0.08,
    alpha: float = 0.05,
    groups: int = 1,
) -> float:
    """Probability that a test of fit rejects ``rmsea0`` when the population's RMSEA is ``rmsea``.

    Parameters
    ----------
    df : int
        Degrees of freedom of the model.
    n : float
        Respondents, over all groups.
    rmsea0, rmsea : float
        Under the null hypothesis and in the population. Where ``rmsea`` is the larger, the hypothesis is
        that the fit is at least as close as ``rmsea0``, and a large chi-square rejects it; where it is the
        smaller, that the fit is not close, and a small chi-square rejects it.
    alpha : float
    groups : int

    Returns
    -------
    float

    Raises
    ------
    NotACount, NotAShare

    Examples
    --------
    >>> round(rmsea_power(50, 214), 2)
    0.8
    """
    check_count("df", df, least=1)
    check_count("groups", groups, least=1)
    if n < 1:
        raise NotACount("n", n, least=1)
    check_share("alpha", alpha)
    null, true = ((n - 1) * df * e**2 / groups for e in (rmsea0, rmsea))
    if rmsea < rmsea0:
        return float(chndtr(chndtrix(alpha, df, null), df, true))
    return float(1 - chndtr(chndtrix(1 - alpha, df, null), df, true))


def rmsea_sample_size(
    df: int,
    *,
    power: float = 0.80,
    rmsea0: float = CLOSE_FIT,
    rmsea: float = 0.08,
    alpha: float = 0.05,
    groups: int = 1,
) -> int:
    """Fewest respondents with which a test of fit has this power; arguments as for `rmsea_power`.

    Raises
    ------
    UnknownOption
        Ten million respondents do not suffice, or ``rmsea`` equals ``rmsea0``.

    Examples
    --------
    >>> rmsea_sample_size(50), rmsea_sample_size(50, rmsea=0.01)
    (214, 268)
    """
    if rmsea == rmsea0:
        raise UnknownOption("rmsea", rmsea, (f"a value other than rmsea0 = {rmsea0:g}",))

    def enough(n: int) -> bool:
        return rmsea_power(df, n, rmsea0=rmsea0, rmsea=rmsea, alpha=alpha, groups=groups) >= power

    high = 4
    while not enough(high):
        high *= 2
        if high > LARGEST:
            raise UnknownOption("power", power, (f"what {LARGEST:,} respondents can reach",))
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
