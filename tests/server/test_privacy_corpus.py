"""No personal value of the corpus is left in anything that is shown, wherever it stood."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clevertap_mcp.privacy.privacy import Privacy
from clevertap_mcp.privacy.pseudonyms import Pseudonyms
from clevertap_tools.action import Result
from clevertap_tools.actions.campaigns import CampaignRow, Campaigns
from clevertap_tools.actions.people import FoundPerson
from clevertap_tools.actions.proxy import RawAnswer
from clevertap_tools.errors import InvalidArgumentsError, InvalidRequestError, Problem
from clevertap_tools.page import Page
from clevertap_tools.upload_result import RefusedRecord, UploadResult
from personal_corpus import COUNTRIES, PEOPLE, Somebody, events, in_words, leaks, people, profile

privacy = Privacy(Pseudonyms("a secret of the operator's", "project"))


def shown(result: Result, given: dict[str, Any] | None = None) -> str:
    """A masked result in every form in which it may be read."""
    told = privacy.result(result, given or {})
    return f"{told!r} {told.model_dump_json()} {json.dumps(told.model_dump(mode='json'))}"


def test_the_corpus_has_people_of_twenty_countries() -> None:
    assert COUNTRIES >= 20
    written = {value for each in PEOPLE for value in (each.name, each.email, each.national, each.token)}
    assert written <= leaks(json.dumps(people()))


@pytest.mark.parametrize("records", [people(), events()], ids=["profiles", "events"])
def test_pages_show_nobody(records: list[dict[str, Any]]) -> None:
    assert not leaks(shown(Page(records=records, returned=len(records))))


@pytest.mark.parametrize("number", range(COUNTRIES))
def test_one_person_is_not_shown(number: int) -> None:
    assert not leaks(shown(FoundPerson(found=True, record=profile(PEOPLE[number], number))))


@pytest.mark.parametrize("about_things", [True, False])
def test_answers_of_any_path_show_nobody(about_things: bool) -> None:
    for body in ({"status": "success", "records": events()}, people(), {"record": people()[0]}, json.dumps(people())):
        answer = RawAnswer(status=200, content_type="application/json", json=body, of_things=about_things)
        if not about_things:
            assert not leaks(shown(answer))


@pytest.mark.parametrize("type_of", ["text/csv", "text/tab-separated-values; charset=utf-8"])
def test_tables_show_nobody(type_of: str) -> None:
    between = "\t" if "tab" in type_of else ","
    rows = [["Customer ID", "Full Name", "E-Mail", "Mobile", "lat", "Remark"]]
    rows += [
        [each.identity, each.name, each.email, each.national, str(each.latitude), in_words(each)] for each in PEOPLE
    ]
    text = "\r\n".join(between.join(f'"{cell}"' for cell in row) for row in rows)
    assert not leaks(shown(RawAnswer(status=200, content_type=type_of, text=text)))


def test_lines_of_json_show_nobody() -> None:
    text = "\n".join(map(json.dumps, people()))
    assert not leaks(shown(RawAnswer(status=200, content_type="text/plain", text=text)))


@pytest.mark.parametrize("somebody", PEOPLE, ids=[each.email for each in PEOPLE])
def test_refusals_and_their_reasons_show_nobody(somebody: Somebody) -> None:
    given = {"profiles": [{}, profile(somebody, 0)]}
    reasons = [RefusedRecord(index=1, code=515, reason=each) for each in somebody.values]
    reasons.append(RefusedRecord(index=None, code=515, reason=in_words(somebody)))
    result = UploadResult(
        sent=2, accepted=1, refused=1, unaccounted=0, unsent=0, refusals=reasons, errors=(in_words(somebody),)
    )
    told = privacy.result(result, given)
    assert not leaks(shown(result, given))
    assert told.refusals[0].code == 515
    assert not told.failure or not leaks(told.failure.message)


@pytest.mark.parametrize("somebody", PEOPLE, ids=[each.email for each in PEOPLE])
def test_errors_show_nobody(somebody: Somebody) -> None:
    given = {"profiles": [profile(somebody, 0)]}
    refused = privacy.error(InvalidRequestError(in_words(somebody), status=400, next_step=in_words(somebody)), given)
    problem = Problem(f"profiles[0].{somebody.email}", in_words(somebody))
    wrong = privacy.error(InvalidArgumentsError([problem]), given)
    for error in (refused, wrong):
        assert not leaks(f"{error!r} {error} {error.args} {error.told()} {vars(error)}")
    assert refused.status == 400


@pytest.mark.parametrize("somebody", PEOPLE, ids=[each.email for each in PEOPLE])
def test_texts_show_nobody_whom_the_call_names(somebody: Somebody) -> None:
    assert not leaks(privacy.text(in_words(somebody), {"profiles": [profile(somebody, 0)]}))
    assert not leaks(privacy.text(json.dumps({"record": json.dumps(profile(somebody, 0))})))


def test_names_of_campaigns_show_no_addresses() -> None:
    rows = [CampaignRow(id=17, name=f"For {each.email} and {each.phone}", status="pending") for each in PEOPLE]
    told = shown(Campaigns(campaigns=rows, returned=len(rows)))
    assert not leaks(told, tuple(value for each in PEOPLE for value in (each.email, each.phone)))
    assert "17" in told
    assert "pending" in told
