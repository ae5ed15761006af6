"""The API for operating: everything that the command line does, for programs elsewhere.

docs/api.md is for who uses it; /api/v1/openapi.json is made from the operations of this package.
"""

from gateway.api.v1.application import PREFIX, Api

__all__ = ["PREFIX", "Api"]
