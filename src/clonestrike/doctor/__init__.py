"""The doctor: checks a game in a window for faults that spoil recordings and play without an error."""
