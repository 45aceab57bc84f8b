"""The channels of deliveries, one per file."""
