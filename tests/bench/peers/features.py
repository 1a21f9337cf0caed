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


def read(file):
    frame = pd.read_csv(os.path.join(folder, file), keep_default_na=False, na_values="")
    days = [name for name in frame.columns if name.startswith("DAYS_")]
    frame[days] = frame[days].replace(SENTINEL, np.nan)
    return frame.drop(columns=[name for name in ("SK_ID_PREV", "SK_ID_BUREAU") if name in frame.columns])


def dummies(frame, table, names):
    """One column a level but the first, also for levels that no row has."""
    wanted = [f"{name}_{level}" for name in names for level in levels[table][name][1:]]
    return pd.get_dummies(frame[names]).reindex(columns=wanted, fill_value=0)


def application():
    frame = read("application_train.csv").drop(columns="TARGET").set_index("SK_ID_CURR")
    for name in FLAGS:
        first, second = levels["application"][name]
        frame[name] = frame[name].map({first: 0, second: 1})
    texts = [name for name in levels["application"] if name not in FLAGS]
    frame = pd.concat([frame.drop(columns=texts), dummies(frame, "application", texts)], axis=1)
    income = frame["AMT_INCOME_TOTAL"].replace(0, np.nan)
    frame["Percent_Days_employed"] = 100 * frame["DAYS_EMPLOYED"] / frame["DAYS_BIRTH"]
    frame["Annuity_as_percent_income"] = 100 * frame["AMT_ANNUITY"] / income
    frame["Credit_as_percent_income"] = 100 * frame["AMT_CREDIT"] / income
    frame["Age"] = frame["DAYS_BIRTH"] / 365
    return frame.drop(columns="DAYS_BIRTH")


def with_dummies(frame, table):
    texts = list(levels[table])
    return pd.concat([frame.drop(columns=texts), dummies(frame, table, texts)], axis=1)


def bureau():
    frame = read("bureau.csv")
    out = with_dummies(frame, "bureau").groupby("SK_ID_CURR").mean().add_prefix("BUREAU_")
    clients = frame.groupby("SK_ID_CURR")
    out["BUREAU_LOAN_TYPES"] = clients["CREDIT_TYPE"].nunique()
    sums = clients[["AMT_CREDIT_SUM", "AMT_CREDIT_SUM_DEBT", "AMT_CREDIT_SUM_OVERDUE"]].sum()
    ratios = {"DEBT_CREDIT_RATIO": sums["AMT_CREDIT_SUM_DEBT"] / sums["AMT_CREDIT_SUM"],
              "OVERDUE_DEBT_RATIO": sums["AMT_CREDIT_SUM_OVERDUE"] / sums["AMT_CREDIT_SUM_DEBT"]}
    return out.assign(**{name: ratio.replace([np.inf, -np.inf], np.nan).fillna(0) for name, ratio in ratios.items()})


def previous():
    clients = read("previous_application.csv").groupby("SK_ID_CURR")
    return clients.mean(numeric_only=True).add_prefix("PREV_").assign(PREV_APP_COUNT=clients.size())


def instalments():
    return read("installments_payments.csv").groupby("SK_ID_CURR").mean().add_prefix("INSTA_")


def cards():
    frame = with_dummies(read("credit_card_balance.csv"), "credit_card_balance")
    return frame.groupby("SK_ID_CURR").mean().add_prefix("CREDIT_")


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
