"""What carries requests in and replies out; a door performs, the gateway decides."""
