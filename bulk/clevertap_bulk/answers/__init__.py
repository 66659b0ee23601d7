"""Answers that are asked for again and again, each as one question on the masked copy."""
