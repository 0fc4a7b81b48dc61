"""Work on contacts: `worker` leases ready contacts, and `runner` runs their turns."""
