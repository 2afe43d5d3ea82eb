"""`iotrace check`: budgets, where their numbers come from, and what is said of them."""
