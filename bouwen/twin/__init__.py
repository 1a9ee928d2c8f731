"""Inventing answers: a population file becomes a synthetic study, and what its answers should show."""

from bouwen.twin.expectation import ImpliedAnswers, implied
from bouwen.twin.population import Population, read_population
from bouwen.twin.simulation import SimulationError, simulate, simulate_file

__all__ = [
    "ImpliedAnswers",
    "Population",
    "SimulationError",
    "implied",
    "read_population",
    "simulate",
    "simulate_file",
]
