"""A chart is laid out once: what is dark has its panels where the white one has them, as if it were laid out itself."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from ccsim import charts
from ccsim.charts import style
from ccsim.report.pictures import picture
from ccsim.results.model import Results
from tests.report.conftest import CHARTS


@pytest.mark.parametrize("name", [*CHARTS, "heat_map"])
def test_both_themes_are_as_drawn_on_their_own(results: Results, name: str) -> None:
    found = picture(charts.figure(name, results), charts.figure(name, results, "dark"))
    for theme, uri in zip(style.THEMES, (found.light, found.dark), strict=True):
        shown = Image.open(BytesIO(base64.b64decode(uri.partition(",")[2])))
        assert shown.size == found.size
        assert np.array_equal(np.asarray(shown), np.asarray(charts.image(charts.figure(name, results, theme))))
