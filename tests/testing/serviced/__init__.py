"""A flow whose step needs a service, and stand-ins for it."""
