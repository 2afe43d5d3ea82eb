"""The report as one page: a chapter a file, each a function of `facts.PageFacts`."""
