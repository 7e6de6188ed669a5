"""The control interface: faults, calls, and changes that do not come through the API."""
