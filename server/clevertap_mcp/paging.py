"""Pages of records as a model reads them: behind a handle, cut to what fits, and without losing a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clevertap_mcp.app import App
from clevertap_mcp.cursors import Cursors, Place, reader_of
from clevertap_mcp.guard.host import Requester
from clevertap_mcp.rendering.clip import writable
from clevertap_mcp.rendering.figures import figures
from clevertap_mcp.rendering.framing import Frame
from clevertap_mcp.rendering.render import MOST_BYTES, Body, Rendered, Rest, render, within
from clevertap_tools.action import Action, tool_name
from clevertap_tools.page import REPEATED, Page

CURSOR = "cursor"
NEXT = "next_cursor"
WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Paging:
    """Reads and shows pages.

    Args:
        app: What reads them.
        cursors: The handles.
        account: What answers call the account; empty where there is only one.
    """

    app: App
    cursors: Cursors
    account: str = ""

    async def show(self, action: Action[Any, Any], given: Mapping[str, Any], requester: Requester) -> Rendered:
        """Read a page, the first one of a walk or the one behind a handle, and show what fits of it, masked.

        Raises:
            CleverTapError: The handle leads nowhere, or the page could not be read.
        """
        reader = reader_of(action)
        handle = given.get(CURSOR)
        if action.key != reader or not isinstance(handle, str):
            page = await self.app.unmasked_page(action, given, requester)
            return await self._shown(page, await self.cursors.begin(reader, page, requester.caller.name))
        place = await self.cursors.find(handle, reader, requester.caller.name)
        given = {**given, CURSOR: place.cursor}
        action.parse(given)
        page = self.cursors.kept(place) or await self.app.unmasked_page(action, given, requester)
        return await self._shown(page, place)

    async def _shown(self, page: Page, place: Place) -> Rendered:
        """As many records from a place on as fit, and the handle of the next place."""
        page, onward = await self._onward(page, place)
        remaining = page.records[place.offset :]
        records = remaining[: place.wanted]
        more = onward is not None or len(records) < len(remaining)
        way = {NEXT: await self.cursors.fresh()}
        cut = {"returned": len(records), "truncated": more or page.truncated}
        near = list(within(map(writable, records), MOST_BYTES))
        told = self.app.privacy.result(page.model_copy(update={"records": near, NEXT: None} | cut), {})
        body = warned(figures(told), self.app) | (way if more else {})
        advice = f"Go on with {tool_name(place.reader)} and this {NEXT}."
        rest = Rest(advice, way, len(records) - len(near))
        shown = render(body, Page.rows, rest, Frame.of(told).at(self.account))
        if shown.shown < len(remaining):
            onward = place.later(shown.shown)
        if onward is not None:
            await self.cursors.bind(way[NEXT], onward)
        return shown

    async def _onward(self, page: Page, place: Place) -> tuple[Page, Place | None]:
        """Where CleverTap's own cursor leads; a page that it has finished is remembered."""
        following = page.next_cursor
        if following == place.cursor:  # not ready yet: ask again
            return page, place
        self.cursors.keep(place, page)
        if following is None:
            return page, None
        if await self.cursors.leads_back(place, following):
            return page.model_copy(update={"warning": REPEATED}), None
        return page, place.following(following, self.cursors.clock())


def cursors_of(app: App) -> Cursors:
    """The handles of an account: where a store is shared they are in there, and those of this process here as well."""
    if not app.store.shared:
        return Cursors(app.store, app.namespace)
    from clevertap_mcp.store.remembering import Remembering  # noqa: PLC0415 - one process alone starts without it

    return Cursors(Remembering(app.store), app.namespace)


def warned(body: Body, app: App) -> Body:
    """An answer with what its reader should know of the store, unless it has a warning of its own."""
    return body if app.warning is None or WARNING in body else body | {WARNING: app.warning}
