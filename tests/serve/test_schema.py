"""What the OpenAPI document says is what the server does: schemathesis tries it."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from caption_model.serve.app import create_app
from caption_model.serve.settings import Settings
from tests.support.serving import Writer

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def served(tmp_path):
    app = create_app(Settings(data=tmp_path, jobs=5, hosts=("testserver", "localhost")), lambda _: {"": Writer()})
    return schemathesis.openapi.from_asgi("/openapi.json", app)


OPERATIONS = [
    ("/v1/captions", "POST"),
    ("/v1/jobs", "POST"),
    ("/v1/jobs/{id}", "GET"),
    ("/v1/jobs/{id}", "DELETE"),
    ("/v1/jobs/{id}/results", "GET"),
    ("/health", "GET"),
    ("/metrics", "GET"),
]


def test_every_operation_is_tried(served):
    assert {(path, method.upper()) for path in served for method in served[path]} == set(OPERATIONS)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_the_server_keeps_its_word(served, path, method):
    @given(case=served[path][method].as_strategy())
    @settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def tried(case):
        case.call_and_validate(checks=CHECKS)

    tried()
