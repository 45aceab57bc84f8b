"""The formats that an export can have."""
