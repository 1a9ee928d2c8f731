"""A fit -> what follows: residuals, indices, scores, comparisons, effects, summaries."""
