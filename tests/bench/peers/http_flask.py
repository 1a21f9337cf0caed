"""The model behind Flask, for gunicorn: http_flask:app."""
import flask

import http_model

app = flask.Flask(__name__)
app.json.sort_keys = False  # the order of contributions is part of the answer


@app.post("/predict")
def predict():
    """One prediction."""
    return flask.jsonify(http_model.predict(flask.request.get_json()))


@app.post("/explain")
def explain():
    """One explanation."""
    return flask.jsonify(http_model.explain(flask.request.get_json()))
