"""Who comes in over the network, and what they may do: tokens of this server's own, and those of an issuer."""
