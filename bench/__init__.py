"""Doorward's speed and memory, each beside a yardstick in the same run: `make bench`. How and why: bench/README.md."""
