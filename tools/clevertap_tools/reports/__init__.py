"""Figures over time, by value and by message, as rows that can be reasoned on."""
