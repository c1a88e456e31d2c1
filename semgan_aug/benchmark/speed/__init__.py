"""Measures the speed of trainings and translations."""
