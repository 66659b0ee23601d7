"""What can be done at the command line: a module for each command, named like it, and what they share."""
