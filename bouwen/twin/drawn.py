"""A background variable of invented respondents -> how it is drawn."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from bouwen.survey import SEVERAL_LINES, Background, Location, Name, Part, Problem, Real, unknown

Probability = Annotated[Real, Field(ge=0, le=1)]


class Grounded(Part):
    """A part that says where its numbers come from: a finding, a published figure, or "assumed"."""

    ground: Annotated[str, SEVERAL_LINES] = Field(min_length=1)


class Shares(Grounded):
    """A background variable with these shares of its categories."""

    kind: Literal["shares"]
    shares: dict[str, Probability]

    @field_validator("shares")
    @classmethod
    def complete(cls, shares: dict[str, float]) -> dict[str, float]:
        """Shares add up to 1."""
        return add_up(shares)


class LogNormal(Grounded):
    """A number drawn as median · exp(spread · z), rounded down and kept within its bounds."""

    kind: Literal["lognormal"]
    median: Real = Field(gt=0)
    spread: Real = Field(gt=0, le=5)


class FromRegister(Grounded):
    """An entry of the register, drawn in proportion to ``weight`` to the ``power``.

    Respondents of one entry share the part ``common`` of the variance of every latent variable's disturbance.
    """

    kind: Literal["register"]
    weight: str
    power: Real = Field(ge=-5, le=5)
    common: Real = Field(default=0, ge=0, lt=1)


class Units(Grounded):
    """Units that respondents judge in two roles, each with as many respondents as it says.

    Respondents of one unit share the part ``common`` of the variance of every latent variable's disturbance,
    and those of one role there the part ``by_role`` as well. They come unit by unit, and begin again where a
    sample is larger than all units; ``role`` is drawn with the unit.
    """

    kind: Literal["units"]
    role: Name
    sizes: dict[str, dict[str, Annotated[int, Field(ge=1)]]] = Field(min_length=1)
    common: Real = Field(default=0, ge=0, lt=1)
    by_role: Real = Field(default=0, ge=0, lt=1)

    @property
    def slots(self) -> list[tuple[str, str]]:
        """The unit and the role of each respondent of all units."""
        each = ((unit, role, n) for unit, roles in self.sizes.items() for role, n in roles.items())
        return [(unit, role) for unit, role, n in each for _ in range(n)]

    @property
    def role_shares(self) -> dict[str, float]:
        """The share of each role."""
        roles = [role for _, role in self.slots]
        return {role: roles.count(role) / len(roles) for role in dict.fromkeys(roles)}

    def role_problems(
        self, where: Location, asked: Mapping[str, Background], others: Collection[str]
    ) -> Iterator[Problem]:
        """A role that is no category, or drawn on its own; and parts that leave nothing to respondents."""
        if self.role not in asked or asked[self.role].kind != "category":
            yield (*where, "role"), unknown("category in the background", self.role, asked)
            return
        if self.role in others:
            yield (*where, "role"), f'"{self.role}" is drawn with the unit; take it out of the background.'
        levels = asked[self.role].categories
        for unit, roles in self.sizes.items():
            for role in roles:
                if role not in levels:
                    yield (*where, "sizes", unit, role), unknown(f"level of {self.role}", role, levels)
        if self.common + self.by_role >= 1:
            found = f"{self.common:g} and {self.by_role:g}"
            yield where, f'"common" and "by_role" leave something of 1 to respondents; found {found}.'


Draw = Annotated[Shares | LogNormal | FromRegister | Units, Field(discriminator="kind")]


def add_up(shares: dict[Any, float]) -> dict[Any, float]:
    """The shares, if they add up to 1."""
    if abs((total := sum(shares.values())) - 1) > 1e-9:
        raise ValueError(f"the shares must add up to 1, found {total:.10g}.")
    return shares
