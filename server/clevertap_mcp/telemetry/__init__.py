"""What is seen of this server from outside: one line per call, spans, metrics. No arguments, no answers, no persons."""
