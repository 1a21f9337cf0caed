#!/usr/bin/python3
"""Grows scikit-learn's isolation forest, scores every row, marks a tenth; prints seconds and a summary as JSON.

isolation.py FILLED.f32 ROWS COLUMNS: as bench_isolation. The values stay float32, which scikit-learn is fastest
with, and the offset is taken from the scores, which scikit-learn would otherwise compute twice.
"""
import json
import os
import sys
import time

import numpy as np
from sklearn.ensemble import IsolationForest

if len(sys.argv) != 4:
    sys.exit("usage: isolation.py FILLED.f32 ROWS COLUMNS")
rows, columns = (int(text) for text in sys.argv[2:4])
values = np.fromfile(sys.argv[1], np.float32).reshape(rows, columns)
jobs = int(os.environ.get("OMP_NUM_THREADS", "1"))

started = time.perf_counter()
forest = IsolationForest(n_estimators=100, max_samples=100, random_state=0, n_jobs=jobs).fit(values)
scores = forest.score_samples(values)
marks = scores < np.percentile(scores, 10)
seconds = time.perf_counter() - started

values = values.astype(float)
standard = (values[marks] - values.mean(axis=0)) / values.std(axis=0)
print(json.dumps({"seconds": seconds, "outliers": int(marks.sum()), "mean_score": scores.mean(),
                  "distance": np.sqrt((standard**2).mean())}))
