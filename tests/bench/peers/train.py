#!/usr/bin/python3
"""Trains XGBoost through its Python package and prints seconds (matrix and training) and log loss as JSON.

train.py VALUES.f32 LABELS.u8 ROWS COLUMNS ROUNDS PARAMETERS: as bench_train, with its parameters as JSON.
"""
import json
import sys
import time

import numpy as np
import xgboost

if len(sys.argv) != 7:
    sys.exit("usage: train.py VALUES.f32 LABELS.u8 ROWS COLUMNS ROUNDS PARAMETERS")
rows, columns, rounds = (int(text) for text in sys.argv[3:6])
values = np.fromfile(sys.argv[1], np.float32).reshape(rows, columns)
labels = np.fromfile(sys.argv[2], np.uint8)
parameters = dict(json.loads(sys.argv[6]), verbosity=0)

started = time.perf_counter()
data = xgboost.DMatrix(values, labels, nthread=parameters["nthread"])
booster = xgboost.train(parameters, data, rounds)
seconds = time.perf_counter() - started

p = np.clip(booster.predict(data).astype(float), 1e-15, 1 - 1e-15)
loss = -np.where(labels == 1, np.log(p), np.log1p(-p)).mean()
print(json.dumps({"seconds": seconds, "log_loss": loss}))
