"""The bug zoo: small programs, each with one bug of input and output, and with a near-miss that has it not.

Every program takes one argument, `bug` or `fine`. Where a public issue tells of the bug, the docstring names it.
They are ordinary programs: nothing of the tracer is imported here. `catalog` says which rule must find each.
"""
