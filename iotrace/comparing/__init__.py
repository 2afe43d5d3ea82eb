"""`iotrace compare`: sides, runs, tables, sentences and the page."""
