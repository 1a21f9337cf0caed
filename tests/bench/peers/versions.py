#!/usr/bin/python3
"""Prints the versions of the peers and the BLAS that numpy uses, as JSON."""
import json
import platform

import imblearn
import numpy
import pandas
import sklearn
import threadpoolctl
import xgboost

blas = [entry["internal_api"] for entry in threadpoolctl.threadpool_info() if entry["user_api"] == "blas"]
versions = {module.__name__: module.__version__ for module in (numpy, pandas, sklearn, imblearn, xgboost)}
print(json.dumps({"python": platform.python_version(), **versions, "blas": blas[0] if blas else "reference"}))
