"""The push token in the context of a call (reference: data 5.3)."""

from __future__ import annotations

from clevertap_bulk.segment.call import Call, section, text
from clevertap_tools.wire import JsonObject

SERVICES = {"ios": "apns", "ipados": "apns", "android": "fcm"}
"""Which service a token is for, by the system of the device."""
NO_DEVICE = (
    "has a push token, which belongs to a device, and no 'anonymousId' says to which; leave it out with 'tokens'"
)
NO_SYSTEM = "has a push token, and neither context.device.type nor context.os.name says ios or android"


def push_token(call: Call) -> JsonObject | None:
    """The record of a call's push token, None if it has none.

    Raises:
        ValueError: It has one, and does not say whose or of which service.
    """
    device = section(call.context, "device")
    token = text(device, "token")
    if not token:
        return None
    if not call.device:
        raise ValueError(NO_DEVICE)
    systems = (text(device, "type"), text(section(call.context, "os"), "name"))
    service = next((SERVICES[name.lower()] for name in systems if name.lower() in SERVICES), None)
    if service is None:
        raise ValueError(NO_SYSTEM)
    return {"objectId": call.device, "tokenData": {"id": token, "type": service}}
