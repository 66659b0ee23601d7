"""Personal data: `masking` puts pseudonyms in its place, `unmasking` finds whom a pseudonym means."""
