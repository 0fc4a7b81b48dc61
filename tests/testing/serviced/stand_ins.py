"""Stand-ins for the services of these flows."""


def add(services):
    services.injects(catalog={"copies": 3})
