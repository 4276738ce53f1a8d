"""values.py -- what the value of an option may be."""
import argparse


def positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"a number above 0, not {text}")
    return number
