"""Findings: what is wrong with the way a program does its input and output, and what to do about it.

`gather` keeps, in the same pass as the totals, what rules need to know (`facts`); every rule is a file with a
function from these frozen facts to findings; `rules` runs them all.
"""
