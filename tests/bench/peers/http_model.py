"""The model artifact as the HTTP peers use it: XGBoost's Python package, one thread a request, the artifact's calibration."""
import json
import os

import numpy as np
import xgboost

FOLDER = os.environ["MODEL_DIR"]
with open(os.path.join(FOLDER, "model.json"), encoding="utf-8") as file:
    ARTIFACT = json.load(file)
FEATURES = ARTIFACT["features"]
SLOPE = ARTIFACT["calibration"]["slope"]
INTERCEPT = ARTIFACT["calibration"]["intercept"]
THRESHOLD = ARTIFACT["threshold"]["value"]
BOOSTER = xgboost.Booster({"nthread": 1}, model_file=os.path.join(FOLDER, "model.ubj"))
BOOSTER.set_param({"nthread": 1})


def row(values):
    """One row of the model's features; None is stored as NaN."""
    return np.array([values], np.float32)


def values_of(request):
    """The model's features in order; those that the request leaves out are missing."""
    return list(map(request["features"].get, FEATURES))


def verdict(margin):
    """The calibrated probability and the decision."""
    probability = float(1 / (1 + np.exp(-(SLOPE * margin + INTERCEPT))))
    return {"probability": probability, "granted": probability < THRESHOLD}


def predict(request):
    """The answer to /predict."""
    return verdict(float(BOOSTER.inplace_predict(row(values_of(request)), predict_type="margin")[0]))


def explain(request):
    """The answer to /explain: every contribution to the calibrated margin, exact, the largest first, with its value."""
    values = values_of(request)
    matrix = xgboost.DMatrix(row(values), feature_names=BOOSTER.feature_names, nthread=1)
    raw = BOOSTER.predict(matrix, pred_contribs=True)[0].astype(float)
    contributions = (SLOPE * raw).tolist()
    bias = contributions.pop() + INTERCEPT
    ranked = sorted(zip(FEATURES, values, contributions), key=lambda each: -abs(each[2]))
    return {**verdict(raw.sum()), "base_value": bias,
            "contributions": [{"feature": name, "value": value, "contribution": pull} for name, value, pull in ranked]}
