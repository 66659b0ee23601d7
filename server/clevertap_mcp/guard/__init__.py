"""What stands between a call and its doing: `guard` in order, each rule in a module of its own."""
