"""What replicas and restarts share: `store` says what it can do, each kind has a module of its own."""
