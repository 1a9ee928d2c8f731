"""One model, thousands of samples: draws, their fits, and what follows from them."""
