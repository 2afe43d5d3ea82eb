"""Names of code: what function of which file an address belongs to. Reads files, knows nothing of recordings."""
