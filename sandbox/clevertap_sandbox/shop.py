"""The sample shop: real purchases of a music shop, with made-up addresses and devices. See the file ORIGIN.

Every purchase is a `Charged` event (`Amount`, `Quantity`) at 12:00 project time by identity = customer_id.
Every second customer has an e-mail address, every third an Android device with a push token; both are made
up.
"""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from datetime import date, datetime, time, tzinfo
from functools import cache
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from clevertap_sandbox.language.days import local_stamp
from clevertap_sandbox.state.people import Handle, made_object_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

SHOP = Path(__file__).with_name("shop.csv.gz")
"""The built-in sample shop: 6,919 purchases of 2,357 customers, 1997-01-01 to 1998-06-30."""

NOON = time(12)
COLUMNS = "customer_id,date,quantity,amount"


class SeedError(ValueError):
    """Purchases cannot be read; the message says why."""


def seed(db: sqlite3.Connection, purchases: Path, zone: tzinfo) -> None:
    """Fill an empty project from a CSV of customer_id,date,quantity,amount, plain or .gz.

    Raises:
        SeedError: the file cannot be read, or a line of it is no purchase.
    """
    rows = _purchases(purchases)
    numbers = {customer: number for number, customer in enumerate(dict.fromkeys(row[0] for row in rows), 1)}
    _seed_people(db, numbers)
    _seed_events(db, rows, numbers, zone)


def _purchases(purchases: Path) -> list[list[str]]:
    try:
        rows = list(_read(purchases))
    except OSError as error:
        raise SeedError(f"{purchases}: {error.strerror or error}") from error
    except (EOFError, zlib.error, csv.Error, UnicodeDecodeError) as error:
        raise SeedError(f"{purchases} is no CSV of {COLUMNS}") from error
    for number, row in enumerate(rows, 2):
        if not _is_purchase(row):
            raise SeedError(f"line {number} of {purchases} is not {COLUMNS}")
    return rows


def _is_purchase(row: list[str]) -> bool:
    try:
        _customer, day, quantity, amount = row
        date.fromisoformat(day)
        int(quantity)
        return isfinite(float(amount))
    except ValueError:
        return False


def _read(purchases: Path) -> Iterator[list[str]]:
    if purchases.suffix == ".gz":
        with gzip.open(purchases, "rt", encoding="utf-8", newline="") as file:
            yield from _body(csv.reader(file))
    else:
        with purchases.open(encoding="utf-8", newline="") as file:
            yield from _body(csv.reader(file))


def _body(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    next(rows, None)
    yield from rows


def _seed_people(db: sqlite3.Connection, numbers: dict[str, int]) -> None:
    people = [(number, made_object_id(Handle("identity", who)), _profile(number)) for who, number in numbers.items()]
    db.executemany("INSERT INTO people (id, object_id, profile) VALUES (?, ?, ?)", people)
    db.executemany("INSERT INTO identities (kind, value, person) VALUES ('identity', ?, ?)", numbers.items())
    devices = [
        (f"__shop{number:08d}", number, f"fcm-made-up-{number}") for number in numbers.values() if not number % 3
    ]
    db.executemany(
        "INSERT INTO devices (object_id, person, platform, os_version, app_version, make, model, push_token) "
        "VALUES (?, ?, 'Android', '14', '1.0.0', 'Example', 'Phone', ?)",
        devices,
    )


def _profile(number: int) -> str:
    return "{}" if number % 2 else json.dumps({"Email": f"customer{number}@example.org"})


def _seed_events(db: sqlite3.Connection, rows: list[list[str]], numbers: dict[str, int], zone: tzinfo) -> None:
    @cache
    def noon(day: str) -> tuple[int, int]:
        ts = int(datetime.combine(date.fromisoformat(day), NOON, zone).timestamp())
        return ts, local_stamp(ts, zone)

    db.execute("INSERT INTO event_names (key, name) VALUES ('charged', 'Charged')")
    events = [
        (numbers[customer], *noon(day), f'{{"Amount": {float(amount)!r}, "Quantity": {int(quantity)}}}')
        for customer, day, quantity, amount in rows
    ]
    db.executemany("INSERT INTO events (person, key, ts, local, props) VALUES (?, 'charged', ?, ?, ?)", events)
