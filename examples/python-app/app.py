"""Web application that draws postcards: `uvicorn app:app`."""

from fastapi import FastAPI, HTTPException, Response
from order import OrderError, order

app = FastAPI()


@app.post("/postcards")
async def draw_postcard(motif: str) -> Response:
    """Return a postcard as a PNG; 502 if none can be had without the risk of a second payment."""
    try:
        return Response(await order(f"a postcard of {motif}"), media_type="image/png")
    except OrderError as error:
        raise HTTPException(502, "No postcard could be drawn.") from error
