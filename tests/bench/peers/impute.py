#!/usr/bin/python3
"""Fills the gaps of a matrix with scikit-learn's IterativeImputer and prints seconds and a summary as JSON.

impute.py VALUES.f32 ROWS COLUMNS: as bench_impute, with the same procedure and its defaults.
"""
import json
import sys
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401, makes the next line possible
from sklearn.impute import IterativeImputer

if len(sys.argv) != 4:
    sys.exit("usage: impute.py VALUES.f32 ROWS COLUMNS")
rows, columns = (int(text) for text in sys.argv[2:4])
values = np.fromfile(sys.argv[1], np.float32).reshape(rows, columns).astype(float)
warnings.simplefilter("ignore", ConvergenceWarning)

started = time.perf_counter()
imputer = IterativeImputer(max_iter=10, tol=1e-3)
filled = imputer.fit_transform(values)
seconds = time.perf_counter() - started

gaps = np.isnan(values)
standard = ((filled - np.nanmean(values, axis=0)) / np.nanstd(values, axis=0))[gaps]
print(json.dumps({"seconds": seconds, "rounds": imputer.n_iter_, "gaps": int(gaps.sum()),
                  "mean": standard.mean(), "spread": np.sqrt((standard**2).mean())}))
