"""A simulated TrueNAS and simulated nodes, behind `demo` and the tests."""
