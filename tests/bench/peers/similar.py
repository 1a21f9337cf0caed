#!/usr/bin/python3
"""Finds the rows nearest to one row with scikit-learn's brute force and prints seconds of a search, the mean
distance and the sum of the rows found as JSON.

similar.py VALUES.f32 ROWS COLUMNS K SEARCHES: as bench_similar find.
"""
import json
import sys
import time

import numpy as np
from sklearn.neighbors import NearestNeighbors

if len(sys.argv) != 6:
    sys.exit("usage: similar.py VALUES.f32 ROWS COLUMNS K SEARCHES")
rows, columns, k, searches = (int(text) for text in sys.argv[2:6])
values = np.fromfile(sys.argv[1], np.float32).reshape(rows, columns)
# One more: the row itself is among them.
search = NearestNeighbors(n_neighbors=k + 1, algorithm="brute", n_jobs=-1).fit(values)
search.kneighbors(values[:1])

seconds, distance, places = 0.0, 0.0, 0
for row in (i * rows // searches for i in range(searches)):
    started = time.perf_counter()
    distances, found = search.kneighbors(values[row:row + 1])
    seconds += time.perf_counter() - started
    others = found[0] != row
    distance += float(distances[0][others].sum()) / (k * searches)
    places += int(found[0][others].sum())
print(json.dumps({"seconds": seconds / searches, "distance": distance, "rows": places}))
