"""Addresses for files of products, for catalogs of version 2. Reference: engagement 13.2, data 10.3.

What is put there stays there: nobody knows the call that says the file is complete. The keys of the answer are those
of the classic flow (engagement 13.1), and the texts of refusals are made up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clevertap_sandbox.answers import Answer, answer
from clevertap_sandbox.endpoints.bare import BareRefusedError, whole_number
from clevertap_sandbox.endpoints.catalogs import check_on, existing
from clevertap_sandbox.endpoints.storage import expiry, presigned

if TYPE_CHECKING:
    from clevertap_sandbox.project import Asked, Project

LONGEST_NAME = 500
TYPES = ("text/csv", "text/xml", "application/xml")
LEAST_PARTS, MOST_PARTS = 2, 4
"""Those of the classic flow (engagement 13.1)."""


def signed_url(project: Project, asked: Asked) -> Answer:
    """Give out an address for a file, or one for each of its parts. Reference: engagement 13.2."""
    check_on(project)
    query = asked.query
    if not 0 < len(query.get("fileName", "")) <= LONGEST_NAME or query.get("contentType") not in TYPES:
        raise BareRefusedError("fileName or contentType is not valid")
    if query.get("multiPart") not in ("true", "false"):
        raise BareRefusedError("multiPart is required")
    with project.database() as db:
        existing(db, query.get("catalogId"))
    if query["multiPart"] == "false":
        return answer({"presignedS3URL": presigned(project, asked), **expiry(project)})
    parts = whole_number(query.get("totalParts", ""), LEAST_PARTS, MOST_PARTS)
    if parts is None:
        raise BareRefusedError("totalParts is not valid")
    urls = [presigned(project, asked) for _ in range(parts)]
    return answer({"presignedS3URLs": urls, "uploadId": project.shelf.begin(urls), **expiry(project)})
