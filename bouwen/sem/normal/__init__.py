"""Rows or moments -> normal-theory discrepancy, information, standard errors and tests."""
