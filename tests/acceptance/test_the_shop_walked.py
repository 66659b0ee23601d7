"""The figures of the sample shop, asked through MCP, against the CSV they came from."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from mcp import Client

from hosts import attached

pytestmark = pytest.mark.anyio
SHOP = {"event_name": "Charged", "from": "1997-01-01", "to": "1998-06-30"}
Purchase = tuple[str, str, int, float]


@cache
def bought() -> Counter[Purchase]:
    """Each purchase of the CSV with how often it stands there."""
    packed = files("clevertap_sandbox").joinpath("shop.csv.gz").read_bytes()
    rows = csv.DictReader(gzip.decompress(packed).decode().splitlines())
    return Counter((row["customer_id"], row["date"], int(row["quantity"]), float(row["amount"])) for row in rows)


def purchase(record: dict[str, Any]) -> Purchase:
    """An exported event as a line of the CSV."""
    props = record["event_props"]
    return record["profile"]["identity"], record["ts"][:10], props["Quantity"], props["Amount"]


def tokens(text: str) -> float:
    """What a text costs a model, counted as the design does: a token is four characters."""
    return len(text) / 4


async def walked(host: Client, batch_size: int) -> list[dict[str, Any]]:
    """Every record, as an agent would go from handle to handle."""
    answer = await host.call_tool("clevertap_get_events", {**SHOP, "batch_size": batch_size})
    records: list[dict[str, Any]] = []
    while True:
        assert not answer.is_error, answer.content
        page = answer.structured_content or {}
        assert page["returned"] == len(page["records"])
        assert tokens(json.dumps(page, ensure_ascii=False, separators=(",", ":"))) <= 8_000
        assert tokens(getattr(answer.content[0], "text", "")) <= 8_000
        records += page["records"]
        if "next_cursor" not in page:
            return records
        answer = await host.call_tool("clevertap_get_events_by_cursor", {"cursor": page["next_cursor"]})


async def count(host: Client, tool: str, **query: str) -> int:
    """A figure."""
    answer = await host.call_tool(f"clevertap_{tool}", {"event_name": "Charged", **query})
    return int((answer.structured_content or {})["count"])


async def test_the_counts_are_those_of_the_csv() -> None:
    async with attached("stdio", "2026-07-28") as host:
        assert await count(host, "get_event_count", **{"from": "1997-01-01", "to": "1998-06-30"}) == 6919
        assert await count(host, "get_profile_count", **{"from": "1997-01-01", "to": "1998-06-30"}) == 2357
        assert await count(host, "get_event_count", **{"from": "1997-01-01", "to": "1997-01-31"}) == 885


def baskets(purchases: Counter[Purchase]) -> Counter[frozenset[tuple[Any, int]]]:
    """What each person bought, whoever they are."""
    bought_by: dict[str, Counter[Any]] = {}
    for (who, *what), times in purchases.items():
        bought_by.setdefault(who, Counter())[tuple(what)] = times
    return Counter(frozenset(basket.items()) for basket in bought_by.values())


@pytest.mark.parametrize("pii", ["mask", pytest.param("show", marks=pytest.mark.slow)])
@pytest.mark.parametrize("batch_size", [46, 4600])
async def test_walking_all_cursors_returns_every_purchase_as_often_as_the_csv_has_it(
    batch_size: int, pii: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEVERTAP_PII", pii)
    async with attached("stdio", "2026-07-28") as host:
        records = await walked(host, batch_size)
    found = Counter(map(purchase, records))
    assert len(records) == 6919
    assert len({who for who, *_ in found}) == 2357
    assert round(sum(record["event_props"]["Amount"] for record in records), 2) == 244091.94
    assert Counter(found.values()) == {1: 6879, 2: 17, 3: 2}
    assert baskets(found) == baskets(bought())
    assert (found == bought()) == (pii == "show")
    assert all(who.startswith("person_") for who, *_ in found) == (pii == "mask")
