"""The ways in: stdio for the host that started this process, the web for all others."""
