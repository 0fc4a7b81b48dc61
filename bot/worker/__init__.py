"""Work on contacts: `worker` takes those that are ready, `runner` runs their turns."""
