"""Reading what CleverTap answers to a bulk of products (reference: engagement 13.2).

Only `{"message": ...}` is known for sure; how it tells of the products that it skipped is not. So what is plainly a
list of refused products or a count of them is believed, and of what is left nothing is guessed: it is unaccounted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from clevertap_tools import wire
from clevertap_tools.bare import read_bare
from clevertap_tools.errors import UnreadableAnswerError
from clevertap_tools.upload import Batch, BatchOutcome, Refusal
from clevertap_tools.wire import Answer, JsonObject

WHAT = r"(?:[_-]?(?:products?|items?|records?|rows?|count))*"
"""What a key may add to its word."""
ACCEPTED = re.compile(rf"(?:success(?:es|ful|fully)?|succeeded|accepted|processed){WHAT}", re.IGNORECASE)
REFUSED = re.compile(rf"(?:fail(?:ed|ures?)|errors?|invalid|skipped|rejected|refused|unprocessed){WHAT}", re.IGNORECASE)
TELLING = re.compile(r"fail|error|invalid|skip|reject|refus|unprocess", re.IGNORECASE)
"""In a key that may tell of products which were not written."""
COUNTING = re.compile(r"(?:created|updated|inserted|written|total|\w*count)", re.IGNORECASE)
"""A key that may tell how many were written."""
DONE = re.compile(r"success|completed", re.IGNORECASE)
NAMING = ("identity", "productId", "id")
REASONS = ("error", "message", "reason", "msg", "errors")
NO_REASON = "no reason given"
UNNAMED = "skipped by CleverTap, which does not say which product it is"


@dataclass(slots=True)
class Account:
    """What an answer tells of the products of a batch.

    Args:
        lists: Lists of refused products, those without their place for which none is told.
        refused: Figures of refused products, but for zero.
        accepted: Figures of accepted ones.
        stated: Whether it says, in any way, how the batch went.
        clear: Whether all of it that tells of products is understood.
    """

    lists: list[list[Refusal]] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    accepted: set[int] = field(default_factory=set)
    stated: bool = False
    clear: bool = True

    def refusals(self) -> list[Refusal]:
        """The refused products that are listed; one that stands in two lists is one."""
        named: dict[int, Refusal] = {}
        for each in chain.from_iterable(self.lists):
            if each.index is not None and named.get(each.index, each).reason in (NO_REASON, each.reason):
                named[each.index] = each
        nameless = [each for each in chain.from_iterable(self.lists) if each.index is None]
        if nameless and len(self.lists) > 1:
            # They may be the same ones as in the other list.
            nameless, self.clear = [], False
        return [*named.values(), *nameless]


def read_bulk(batch: Batch, answer: Answer) -> BatchOutcome:
    """Account for every product of a batch, as far as the answer is clear about it.

    Raises:
        CleverTapError: The batch was refused as a whole, or there is no account of it.
    """
    account = account_of(batch, read_bare(answer))
    listed, given = account.refusals(), len(batch.records)
    refused = sum(account.refused) or len(listed)
    accepted = sum(account.accepted) if account.accepted else given - refused if account.clear else 0
    contradicts = len(account.refused) > 1 or len(account.accepted) > 1 or len(listed) > refused
    if not account.stated or contradicts or min(accepted, given - refused) < 0 or accepted + refused > given:
        raise UnreadableAnswerError("CleverTap's answer does not say what became of the products.")
    unnamed = [Refusal(None, None, UNNAMED)] * (refused - len(listed))
    return BatchOutcome(accepted, (*listed, *unnamed), given - accepted - refused)


def account_of(batch: Batch, body: JsonObject) -> Account:
    """What an answer tells, in all the objects that it wraps."""
    account = Account()
    for key, value in fields(body):
        if REFUSED.fullmatch(key):
            enter_refused(account, batch, value)
        elif ACCEPTED.fullmatch(key):
            enter_accepted(account, value)
        else:
            enter_other(account, key, value, len(batch.records))
    return account


def fields(body: JsonObject) -> Iterator[tuple[str, object]]:
    """The fields of an answer and of the objects it wraps; an object about failures is a field."""
    for key, value in body.items():
        if isinstance(value, dict) and not TELLING.search(key):
            yield from fields(value)
        else:
            yield key, value


def enter_refused(account: Account, batch: Batch, value: object) -> None:
    """Note a figure, or a list, of refused products."""
    account.stated = True
    figure = wire.natural(value)
    if figure:
        account.refused.append(figure)
    elif value:
        told = [(name_of(entry), reason(entry)) for entry in entries(value)]
        places = {product["identity"]: place for place, product in enumerate(batch.records, batch.start)}
        known = [(places.get(name or ""), why) for name, why in told if name is None or name in places]
        account.lists += [[Refusal(place, None, why) for place, why in known]] if known else []
        account.clear &= bool(told) and len(known) == len(told)


def enter_accepted(account: Account, value: object) -> None:
    """Note a figure, or a list, of accepted products, or the bare word that all went well."""
    figure = len(value) if isinstance(value, list) else wire.natural(value)
    account.stated |= figure is not None or value is True
    if figure is not None:
        account.accepted.add(figure)
    else:
        account.clear &= value is True


def enter_other(account: Account, key: str, value: object, given: int) -> None:
    """Note whether the rest says that all went well, or speaks of failures in a way that nobody understands."""
    if key in ("message", "status"):
        account.stated |= bool(DONE.search(str(value)))
    figure = wire.natural(value)
    if key in ("message", "status") or isinstance(value, list):
        account.clear &= not TELLING.search(str(value))
    elif TELLING.search(key):
        account.clear &= not value
    elif COUNTING.fullmatch(key):
        account.clear &= figure in (None, given)


def entries(value: object) -> list[Mapping[str, Any]]:
    """Refused products as objects: CleverTap may list objects or identities, or give reasons by identity."""
    if isinstance(value, list):
        return [each if isinstance(each, dict) else {"identity": each} for each in value]
    if isinstance(value, dict):
        return [
            {**told, "identity": name} if isinstance(told, dict) else {"identity": name, "reason": told}
            for name, told in value.items()
        ]
    return []


def name_of(entry: Mapping[str, Any]) -> str | None:
    """The product that an entry is about, None if it does not say."""
    return next((str(entry[naming]) for naming in NAMING if entry.get(naming) is not None), None)


def reason(entry: Mapping[str, Any]) -> str:
    """Why a product was not written."""
    told = next((entry[key] for key in REASONS if entry.get(key)), NO_REASON)
    return wire.clipped("; ".join(map(str, told)) if isinstance(told, list) else str(told))
