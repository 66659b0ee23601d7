"""What the sandbox says back: a finished answer, or the refusal that becomes one.

Reference: data 1.4 (envelope, content type) and 3.2 (request-level bodies).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

JSON_TYPE = "application/json;charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body, ready to be sent."""

    body: bytes
    status: int = 200
    content_type: str = JSON_TYPE
    etag: str = ""
    """What a store calls the content that was put there."""


def answer(document: Any, status: int = 200) -> Answer:
    """Say a JSON document, printed without spaces."""
    return Answer(json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode(), status)


def spaced(document: Any) -> str:
    """Print JSON with the spaces that the server printed in 2018. Reference: data 1.4."""
    if isinstance(document, dict):
        fields = (f"{json.dumps(key, ensure_ascii=False)} : {spaced(value)}" for key, value in document.items())
        return f"{{ {' , '.join(fields)}}}"
    if isinstance(document, list):
        return f"[ {' , '.join(map(spaced, document))}]"
    return json.dumps(document, ensure_ascii=False)


def success(**fields: Any) -> Answer:
    """Say `{"status":"success", ...}`."""
    return answer({"status": "success", **fields})


class RefusedError(Exception):
    """A whole request is refused; `code` repeats the HTTP status unless told otherwise.

    Reference: data 3.2.
    """

    def __init__(self, error: str, status: int = 400, code: int | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.status = status
        self.code = status if code is None else code

    @property
    def answer(self) -> Answer:
        """The body CleverTap sends for this refusal."""
        return answer({"status": "fail", "error": self.error, "code": self.code}, self.status)
