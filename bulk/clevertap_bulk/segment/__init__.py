"""Calls of Segment's libraries, as they lie in JSON Lines, and the records that they make at CleverTap.

What the two Segment destinations for CleverTap do is done here too, except their faults: traits are taken from
`traits`, times are epoch seconds, many records go in one request, and every call is accounted for.

A call is about its `userId`, the identity at CleverTap. The `anonymousId` is the objectId of a device and counts where
there is no `userId`; where there are both, it is only looked at to give the device to the user: by an identify call
that has a push token for it or with `link_devices`, and by an alias. Of the `context` nothing is taken but push tokens
and audiences. What holds nothing (null, an empty list) is left out; what cannot be taken refuses the call.
"""

from __future__ import annotations

from clevertap_bulk.segment.deletion import Deletion
from clevertap_bulk.segment.making import maker
from clevertap_bulk.segment.options import Options

__all__ = ["Deletion", "Options", "maker"]
