"""What carries requests in and responses out; a door performs, the gateway decides."""
