"""An estimator of one model and sample: its solution, errors, tests and measures."""
