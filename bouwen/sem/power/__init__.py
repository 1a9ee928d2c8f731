"""How many answers a follow-up needs: populations, simulated answers, power, and cut-offs of fit."""
