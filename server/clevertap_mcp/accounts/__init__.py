"""Several CleverTap projects in one process: each with what belongs to it alone."""
