"""The parts of the pytest plugin (`iotrace.pytest_plugin`) that are loaded when it is used."""
