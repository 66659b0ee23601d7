"""The audit log: `trail` writes it, `chain` seals its lines, `files` and `durable` keep it on the disk."""
