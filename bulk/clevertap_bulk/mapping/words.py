"""What the parts of a mapping are called where somebody writes one: in JSON, or as a tool's arguments.

What is wrong is told in the words of whoever has to put it right.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One way to write a mapping.

    Args:
        columns: The field that says what columns mean.
        event: The field that says which event every row is.
        name: What says how a property is called.
        who: How to say whom rows are about.
        which: How to say which event it is.
        when: How to say when events happened.
        tokens: How to say which tokens they are.
        device: How to say whose tokens they are.
    """

    columns: str
    event: str
    name: str
    who: str
    which: str
    when: str
    tokens: str
    device: str


TYPED = Words(
    columns="mapping",
    event="mapping",
    name="'name'",
    who="name it with 'identity', 'objectId', 'FBID' or 'GPID'",
    which="give either 'event' or 'event_column'",
    when="name it with 'time', or say that they all happen now with an empty one",
    tokens="give 'token', and either 'token_type' or 'token_type_column'",
    device="name the column with 'objectId' alone",
)
"""A mapping as JSON, and the options of the shell that are called like its parts."""
CALLED = Words(
    columns="columns",
    event="evtName",
    name="'to'",
    who="name it in 'columns', with 'to' identity, objectId, FBID or GPID",
    which="give 'evtName', or name the column that tells it in 'columns', with 'to' evtName, but not both",
    when="name it in 'columns', with 'to' ts; an empty 'column' there says that they all happen now",
    tokens="name their columns in 'columns', with 'to' token and token_type",
    device="name the column in 'columns', with 'to' objectId alone",
)
"""The arguments of the tool."""
