#!/usr/bin/python3
"""Oversamples the rarer class with imbalanced-learn's SMOTE and prints seconds, rows, defaults and the mean
distance of the rarer class's rows to their nearest ones as JSON.

smote.py VALUES.f32 LABELS.u8 ROWS COLUMNS: as bench_smote.
"""
import json
import os
import sys
import time

import numpy as np
from imblearn.over_sampling import SMOTE
from sklearn.neighbors import NearestNeighbors

NEIGHBOURS = 5

if len(sys.argv) != 5:
    sys.exit("usage: smote.py VALUES.f32 LABELS.u8 ROWS COLUMNS")
rows, columns = (int(text) for text in sys.argv[3:5])
values = np.fromfile(sys.argv[1], np.float32).reshape(rows, columns)
labels = np.fromfile(sys.argv[2], np.uint8)
threads = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count()))

started = time.perf_counter()
# One more: the row itself is the first.
search = NearestNeighbors(n_neighbors=NEIGHBOURS + 1, n_jobs=threads)
sampled, outcomes = SMOTE(k_neighbors=search, random_state=1).fit_resample(values, labels)
seconds = time.perf_counter() - started

rare = values[labels == 1].astype(np.float64)
distances = NearestNeighbors(n_neighbors=NEIGHBOURS, algorithm="brute").fit(rare).kneighbors()[0]
print(json.dumps({"seconds": seconds, "rows": len(sampled), "defaults": int(np.sum(outcomes == 1)),
                  "distance": float(np.mean(distances))}))
