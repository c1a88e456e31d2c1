"""The table: one segmenter per way of using the source data, side by side, resumable.

suite.py says which configs belong to a table, job.py trains one of them in a process of its own,
board.py runs what is missing and shows the time left, report.py makes table, JSON and picture.
"""
