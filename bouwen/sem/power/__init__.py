"""How many answers a follow-up needs: populations, simulated answers, power, and cut-offs of fit."""

from bouwen.sem.power.answers import Gaps, simulate_data
from bouwen.sem.power.answers_needed import needed
from bouwen.sem.power.cutoffs import fit_cutoffs
from bouwen.sem.power.population import ModelPopulation, PopulationError
from bouwen.sem.power.rmsea import rmsea_power, rmsea_sample_size
from bouwen.sem.power.simulated import Power, model_power

__all__ = [
    "Gaps",
    "ModelPopulation",
    "PopulationError",
    "Power",
    "fit_cutoffs",
    "model_power",
    "needed",
    "rmsea_power",
    "rmsea_sample_size",
    "simulate_data",
]
