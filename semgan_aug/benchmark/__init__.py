"""Tables that compare ways of using the source data: one segmenter per row, resumable.

suite.py reads which trainings belong to a table, training_data.py gives a row its data,
scheduler.py runs the missing trainings, and job.py is one of them, in a process of its own.
results.py collects what the jobs wrote; table.py, chart.py and page.py show it.
"""
