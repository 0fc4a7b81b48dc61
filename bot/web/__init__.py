"""HTTP: the webhook, the endpoints for other systems, and the servers."""
