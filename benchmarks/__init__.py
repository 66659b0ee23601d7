"""What this project costs over doing without it, as ratios within one run: `python -m benchmarks [NAME ...]`.

Nothing here is a test: machines differ, so every figure stands beside the same work done without us, in turns with it.
"""
