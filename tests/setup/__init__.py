"""Installing, in empty environments and with packages from an index: `make test-setup`.

These tests need minutes and the network, so `make test` leaves them out.
"""
