#!/usr/bin/python3
"""Builds the feature set `original` with pandas; prints seconds, reading included, and figures as JSON.

features.py DATA LEVELS: LEVELS is what bench_features prints, the levels of every text column as JSON, so that both
sides have the same columns. `history` of folds.csv names the clients whose history is unknown.
"""
import json
import os
import sys
import time

import numpy as np
import pandas as pd

FLAGS = ["FLAG_OWN_CAR", "FLAG_OWN_REALTY", "EMERGENCYSTATE_MODE"]
SENTINEL = 365243

if len(sys.argv) != 3:
    sys.exit("usage: features.py DATA LEVELS")
folder = sys.argv[1]
levels = json.loads(sys.argv[2])["levels"]


def read(file, table, columns=None):
    """A table with its texts as categories; columns None: all."""
    types = {name: pd.CategoricalDtype(texts) for name, texts in levels[table].items()
             if columns is None or name in columns}
    return pd.read_csv(os.path.join(folder, file), dtype=types, usecols=columns, keep_default_na=False, na_values="")


def known_days(frame):
    days = [name for name in frame.columns if name.startswith("DAYS_")]
    frame[days] = frame[days].replace(SENTINEL, np.nan)
    return frame


def dummies(frame, names):
    return pd.get_dummies(frame[names], drop_first=True)


def application():
    frame = known_days(read("application_train.csv", "application")).drop(columns="TARGET").set_index("SK_ID_CURR")
    for name in FLAGS:
        frame[name] = frame[name].cat.codes.replace(-1, np.nan)
    texts = [name for name in levels["application"] if name not in FLAGS]
    frame = pd.concat([frame.drop(columns=texts), dummies(frame, texts)], axis=1)
    income = frame["AMT_INCOME_TOTAL"].replace(0, np.nan)
    frame["Percent_Days_employed"] = 100 * frame["DAYS_EMPLOYED"] / frame["DAYS_BIRTH"]
    frame["Annuity_as_percent_income"] = 100 * frame["AMT_ANNUITY"] / income
    frame["Credit_as_percent_income"] = 100 * frame["AMT_CREDIT"] / income
    frame["Age"] = frame["DAYS_BIRTH"] / 365
    return frame.drop(columns="DAYS_BIRTH")


def numbers_of(file, table):
    """The names of a table's columns without texts and without the numbers of credits."""
    header = pd.read_csv(os.path.join(folder, file), nrows=0).columns
    return [name for name in header if name not in levels[table] and name not in ("SK_ID_PREV", "SK_ID_BUREAU")]


def bureau():
    numbers = numbers_of("bureau.csv", "bureau")
    texts = list(levels["bureau"])
    frame = known_days(read("bureau.csv", "bureau", numbers + texts))
    both = pd.concat([frame[numbers], dummies(frame, texts)], axis=1)
    out = both.groupby("SK_ID_CURR").mean().add_prefix("BUREAU_")
    clients = frame.groupby("SK_ID_CURR")
    out["BUREAU_LOAN_TYPES"] = clients["CREDIT_TYPE"].nunique()
    sums = clients[["AMT_CREDIT_SUM", "AMT_CREDIT_SUM_DEBT", "AMT_CREDIT_SUM_OVERDUE"]].sum()
    ratios = {"DEBT_CREDIT_RATIO": sums["AMT_CREDIT_SUM_DEBT"] / sums["AMT_CREDIT_SUM"],
              "OVERDUE_DEBT_RATIO": sums["AMT_CREDIT_SUM_OVERDUE"] / sums["AMT_CREDIT_SUM_DEBT"]}
    return out.assign(**{name: ratio.replace([np.inf, -np.inf], np.nan).fillna(0) for name, ratio in ratios.items()})


def previous():
    file, table = "previous_application.csv", "previous_application"
    frame = known_days(read(file, table, numbers_of(file, table)))
    clients = frame.groupby("SK_ID_CURR")
    return clients.mean().add_prefix("PREV_").assign(PREV_APP_COUNT=clients.size())


def instalments():
    file, table = "installments_payments.csv", "installments_payments"
    return known_days(read(file, table, numbers_of(file, table))).groupby("SK_ID_CURR").mean().add_prefix("INSTA_")


def cards():
    file, table = "credit_card_balance.csv", "credit_card_balance"
    texts = list(levels[table])
    frame = known_days(read(file, table, numbers_of(file, table) + texts))
    both = pd.concat([frame.drop(columns=texts), dummies(frame, texts)], axis=1)
    return both.groupby("SK_ID_CURR").mean().add_prefix("CREDIT_")


started = time.perf_counter()
clients = application()
history = pd.concat([clients[[]]] + [part.reindex(clients.index) for part in (bureau(), previous(), instalments(), cards())],
                    axis=1)
folds = os.path.join(folder, "folds.csv")
if os.path.exists(folds):
    known = pd.read_csv(folds).set_index("SK_ID_CURR")["history"].reindex(clients.index)
    history[known == 0] = np.nan
matrix = clients.join(history).abs()
seconds = time.perf_counter() - started

values = matrix.to_numpy(float)
print(json.dumps({
    "seconds": seconds, "rows": values.shape[0], "columns": values.shape[1],
    "mean_log": np.nanmean(np.log1p(values)), "missing": np.isnan(values).mean(),
    "debt": matrix["DEBT_CREDIT_RATIO"].mean(), "card_balance": matrix["CREDIT_AMT_BALANCE"].mean(),
    "previous": matrix["PREV_APP_COUNT"].mean()}))
