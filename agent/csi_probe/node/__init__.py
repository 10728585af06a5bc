"""The questions to a node, and the shells that carry them."""
