"""The TrueNAS clients: a question in, a typed answer out; no opinions."""
