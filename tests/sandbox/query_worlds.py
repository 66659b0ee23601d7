"""Random projects: people, their devices, what they did, and the requests that tell a sandbox of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from clevertap_sandbox import Behaviours
from sandbox.query_oracle import Event, Person, World

NOW = 1_780_000_000
PREFIXES = {"Android": "__", "iOS": "-", "Windows": "~", "Web": "w"}

# Few of everything, so that queries meet what there is.

zones = st.sampled_from([ZoneInfo("UTC"), ZoneInfo("Asia/Kolkata"), ZoneInfo("America/Los_Angeles")])
behaviours = st.builds(
    Behaviours,
    contains_ignores_case=st.booleans(),
    negation_matches_missing=st.booleans(),
    lookback_needs_event=st.booleans(),
    any_event_name=st.booleans(),
    kilometres_per_radius=st.sampled_from([1.0, 1.609344]),
    between=st.just(value=True),
)
days_ago = st.sampled_from([400, 366, 365, 364, 40, 3, 2, 1, 0, -1])
times_of_day = st.sampled_from([time(0), time(9, 30), time(12, 0, 1), time(18), time(18, 0, 59), time(23, 59, 59)])

event_names = st.sampled_from(["Course Started", "Charged", "App Launched", "Notification Clicked"])
unheard_names = st.sampled_from(["App Uninstalled", "Course Finished", "-1"])
spellings: st.SearchStrategy[Callable[[str], str]] = st.sampled_from(
    [str, str.lower, str.upper, lambda name: name.replace(" ", ""), lambda name: f" {name}  "]
)
names = st.sampled_from(["Price", "Course ü", "(n)"])
texts = st.sampled_from(["Pottery", "pottery 101", "POT", "Straße", "", "True", "40", "$D_x", "$D_007"])
numbers = st.one_of(
    st.sampled_from([0, 1, 40, 40.0, 49.5, -3, 1e300, 0.1, 2**53 + 1, 2**63, 1_767_225_600]),
    st.integers(-2, 3),
)
dates = st.sampled_from(["$D_1767225600", "$D_40", "$D_-3", "$D_0"])
properties = st.dictionaries(names, st.one_of(texts, numbers, dates, st.booleans()), min_size=1, max_size=3)
sources = st.sampled_from(["newsletter", "Direct", "others"])
sessions = st.dictionaries(st.sampled_from(["utm_source", "utm_campaign", "session_source"]), sources, max_size=2)
versions = st.sampled_from(["14", "15", "4.2.0"])
words = st.sampled_from(["Acme", "acme phone", "Chrome"])
places = st.sampled_from([("Spain", "Madrid", "Madrid"), ("Spain", "Madrid", "Getafe"), ("India", "Goa", "Goa")])
points: st.SearchStrategy[tuple[float, float]] = st.sampled_from(
    [(40.4168, -3.7038), (40.3083, -3.7327), (12.97, 77.59), (-17.7, 179.9), (-17.7, -179.9)]
)


@st.composite
def devices(draw: st.DrawFn, mark: str) -> dict[str, Any]:
    platform = draw(st.sampled_from(sorted(PREFIXES)))
    told: dict[str, Any] = {
        **draw(st.dictionaries(st.sampled_from(["os_version", "app_version", "sdk_version"]), versions, max_size=2)),
        **draw(st.dictionaries(st.sampled_from(["make", "model", "carrier", "os", "browser"]), words, max_size=3)),
    }
    if draw(st.booleans()):
        told["device"] = draw(st.sampled_from(["Mobile", "Tablet", "Desktop", "TV"]))
    if draw(st.booleans()):
        told |= dict(zip(("country", "region", "city"), draw(places), strict=True))
    if draw(st.booleans()):
        told["latitude"], told["longitude"] = draw(points)
    return {"objectId": f"{PREFIXES[platform]}{mark}", "platform": platform, **told}


profiles = st.fixed_dictionaries(
    {},
    optional={
        "Email": st.sampled_from(["ann@example.org", "Bob@example.org"]),
        "Phone": st.sampled_from(["34911222333", "34911222334"]),
        "Name": st.sampled_from(["Ann", "Joanna"]),
        "Gender": st.sampled_from(["M", "F"]),
        "Education": st.sampled_from(["School", "College", "Graduate"]),
        "Age": st.integers(18, 21),
        "Employed": st.sampled_from(["Y", "N"]),
        "Married": st.sampled_from(["Y", "N"]),
        "Tags": st.lists(texts, min_size=1, max_size=3, unique=True),
        "Price": st.one_of(texts, numbers, dates, st.booleans()),
    },
)


@dataclass
class Told:
    """A world and the requests that tell a sandbox of it, in order."""

    world: World
    requests: list[tuple[str, Any]]


@st.composite
def worlds(draw: st.DrawFn) -> Told:
    zone = draw(zones)
    world = World([], [], zone, datetime.fromtimestamp(NOW, UTC).astimezone(zone).date(), draw(behaviours))
    told = Told(world, [])
    handles = [_meet(draw, told, f"person {number}") for number in range(draw(st.integers(1, 6)))]
    happened = [_happen(draw, told, handles) for _ in range(draw(st.integers(1, 15)))]
    uploaded = [(event, record) for event, record in happened if record.get("type")]
    known_to_sdks = [(event, record) for event, record in happened if not record.get("type")]
    told.requests.append(("/1/upload", {"d": [record for _, record in uploaded]}))
    told.requests.append(("/_sandbox/events", [record for _, record in known_to_sdks]))
    world.events = [event for event, _ in uploaded + known_to_sdks]
    return told


def _meet(draw: st.DrawFn, told: Told, name: str) -> dict[str, str]:
    """Add a person with devices; gives what they are called in records."""
    known = [draw(devices(f"{name}-{mark}")) for mark in range(draw(st.integers(0, 2)))]
    anonymous = len(known) == 1 and draw(st.booleans())
    handle = {"objectId": known[0]["objectId"]} if anonymous else {"identity": name}
    person = Person(draw(profiles), known)
    told.world.people.append(person)
    told.requests.append(("/_sandbox/devices", [device | handle for device in known]))
    told.requests.append(("/1/upload", {"d": [{"type": "profile", **handle, "profileData": person.profile}]}))
    for device in known:
        if device["platform"] == "Android" and draw(st.booleans()):
            token = {"type": "token", "objectId": device["objectId"], "tokenData": {"id": "t", "type": "fcm"}}
            told.requests.append(("/1/upload", {"d": [token]}))
            device["token"] = "t"
    return handle


def _happen(draw: st.DrawFn, told: Told, handles: list[dict[str, str]]) -> tuple[Event, dict[str, Any]]:
    """Let somebody do something; gives the record that tells of it, with a type if it can be uploaded."""
    world, number = told.world, draw(st.integers(0, len(handles) - 1))
    moment = datetime.combine(world.today - timedelta(days=draw(days_ago)), draw(times_of_day), world.zone)
    event = Event(world.people[number], draw(event_names), int(moment.timestamp()), draw(properties), draw(sessions))
    if event.name == "Charged":
        event.properties["Items"] = draw(st.lists(properties, max_size=2))
    record = {**handles[number], "evtName": event.name, "ts": event.ts, "evtData": event.properties}
    if event.name in ("Course Started", "Charged") and not event.session and draw(st.booleans()):
        return event, {"type": "event", **record}
    return event, {**record, "session": event.session}
