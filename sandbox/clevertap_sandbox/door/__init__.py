"""What every request passes on its way in and out: credentials, places, faults, the log."""
