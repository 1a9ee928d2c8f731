"""How many answers a follow-up needs: populations, simulated answers, power, and cut-offs of fit."""

from bouwen.sem.power.answers import Gaps, simulate
from bouwen.sem.power.cutoffs import fit_cutoffs
from bouwen.sem.power.needed import needed
from bouwen.sem.power.population import ModelPopulation, PopulationError
from bouwen.sem.power.rmsea import rmsea_power, rmsea_sample_size
from bouwen.sem.power.simulated import Power, power

__all__ = [
    "Gaps",
    "ModelPopulation",
    "PopulationError",
    "Power",
    "fit_cutoffs",
    "needed",
    "power",
    "rmsea_power",
    "rmsea_sample_size",
    "simulate",
]
