"""What a run tells on standard output is read back as it was."""

import json
from dataclasses import asdict

import pytest

from caption_model.batch.events import Captioned, Failed, Finished, Planned, parsed

EVENTS = [
    Planned(3, 2, 1, 0, {"excluded": 1}),
    Captioned("a/é.jpg", "A dog.", ("so happy 🐶", "good day")),
    Failed("b.jpg", "b.jpg is truncated."),
    Finished(2, 1, 0, 0, 0, 1.5),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_survives_its_line(event):
    line = json.dumps({"event": type(event).__name__.lower(), **asdict(event), "more": 1})
    assert parsed(json.loads(line)) == event


@pytest.mark.parametrize("told", [{}, {"event": "step"}, {"event": ["planned"]}, {"event": "planned", "photos": 1}])
def test_another_line_is_no_event(told):
    assert parsed(told) is None
