"""The model behind FastAPI, for uvicorn: http_fastapi:app. Bodies are read and written by ujson: what a team that looks at
speed does with what Debian has (declaring them as pydantic models takes longer)."""
import ujson
from fastapi import FastAPI, Request
from fastapi.responses import UJSONResponse

import http_model

app = FastAPI(default_response_class=UJSONResponse)


@app.post("/predict")
async def predict(request: Request):
    """One prediction."""
    return UJSONResponse(http_model.predict(ujson.loads(await request.body())))


@app.post("/explain")
async def explain(request: Request):
    """One explanation."""
    return UJSONResponse(http_model.explain(ujson.loads(await request.body())))
