"""Rows of a file become records at CleverTap, each accounted for."""
