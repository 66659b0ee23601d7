"""Where people are: named places, and circles on the globe. Reference: data 6.2, engagement 2.3.

A place is where a device was last seen, so a person is wherever one of their devices is.
"""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING

from clevertap_sandbox.language.clauses import Clause, every, some
from clevertap_sandbox.language.filters import is_number, refused_query

if TYPE_CHECKING:
    from collections.abc import Callable

    from clevertap_sandbox.behaviours import Behaviours

EARTH_RADIUS = 6371.0
"""Mean radius in km."""
LEVELS = ("country", "region", "city")
FARTHEST = (90, 180)
"""Degrees of latitude and longitude."""


def kilometres(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """The great-circle distance between two points given in degrees."""
    north, other_north = radians(latitude), radians(other_latitude)
    across = sin((other_north - north) / 2) ** 2
    along = sin(radians(other_longitude - longitude) / 2) ** 2
    return 2 * EARTH_RADIUS * asin(min(1.0, sqrt(across + cos(north) * cos(other_north) * along)))


def in_places(raw: object, _behaviours: Behaviours) -> Clause:
    """Whether somebody is in one of the places: lists of country, region, city."""
    return _somewhere(raw, "geo_fields", _in_place)


def in_circles(raw: object, behaviours: Behaviours) -> Clause:
    """Whether somebody is in one of the circles: lists of latitude, longitude, radius."""
    return _somewhere(raw, "geo_radius", lambda circle: _in_circle(circle, behaviours.kilometres_per_radius))


def _somewhere(raw: object, block: str, test: Callable[[list[object]], Clause]) -> Clause:
    if not isinstance(raw, list) or not all(isinstance(entry, list) for entry in raw):
        raise refused_query(f"{block} is not a list of lists")
    before = "EXISTS (SELECT 1 FROM devices AS device WHERE device.person = p.id AND "
    return some(test(entry) for entry in raw).inside(before)


def _in_place(place: list[object]) -> Clause:
    if not 0 < len(place) <= len(LEVELS) or not all(isinstance(name, str) and name for name in place):
        raise refused_query("a place of geo_fields is a country, a country and a region, or these and a city")
    return every(Clause(f"device.{level} = ?", (name,)) for level, name in zip(LEVELS, place, strict=False))


def _in_circle(circle: list[object], kilometres_per_radius: float) -> Clause:
    if len(circle) != len(LEVELS) or not all(map(is_number, circle)):
        raise refused_query("a circle of geo_radius is three numbers: latitude, longitude, radius")
    latitude, longitude, radius = (float(str(number)) for number in circle)
    if abs(latitude) > FARTHEST[0] or abs(longitude) > FARTHEST[1] or radius <= 0:
        raise refused_query("a circle of geo_radius lies nowhere on the globe")
    return Clause(
        "CASE WHEN device.latitude IS NOT NULL THEN kilometres(device.latitude, device.longitude, ?, ?) <= ? END",
        (latitude, longitude, radius * kilometres_per_radius),
    )
