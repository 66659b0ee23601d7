"""Personal values of a row in its other texts: a first look in SQL, which finds rather too much, and then the mask.

Which spellings of a value mean somebody is for the mask to know. The look passes over most rows at little cost: it
compares letters without their case and accents, and the last digits of long numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from clevertap_bulk.questions.mask import Mask

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Key = list[str | None]
"""A text and the personal values of its row."""
TOGETHER: Final = 20_000
"""Different texts that are looked through at a time."""
LOOKS: Final = (
    r"""odd(text) AS regexp_matches(text, '[^\x00-\x7F]')
        AND regexp_matches(regexp_replace(text, '[0-9]', '', 'g'), '\pN|[\x{FB00}-\x{FB06}]')""",
    r"""plain(text) AS replace(strip_accents(lower(nfc_normalize(text))), 'ß', 'ss')""",
    r"""letters(text) AS translate(plain(text), chr(305) || chr(962), 'i' || chr(963))""",
    r"""encoded(text) AS regexp_matches(text, '%[0-9a-fA-F]{2}') AND NOT contains(text, '%00')""",
    r"""meant(text) AS text || CASE WHEN encoded(text) THEN coalesce(' ' || try(url_decode(text)), '') ELSE '' END""",
    r"""unread(text) AS odd(text) OR contains(text, '\u') OR contains(text, '%00')
        OR (encoded(text) AND try(url_decode(text)) IS NULL)""",
    r"""digits(text) AS regexp_replace(text, '\D', '', 'g')""",
    r"""words(value) AS list_filter(string_split_regex(value, '[\s\pZ\pC]+'), lambda word: length(word) > 1)""",
    r"""whole(value) AS regexp_replace(value, '^[\s\pZ\pC]+|[\s\pZ\pC]+$', '', 'g')""",
    r"""ends(value) AS CASE WHEN odd(value) THEN '' WHEN length(digits(value)) >= 7 THEN right(digits(value), 7) END""",
    r"""seen(text) AS {letters: letters(meant(text)), digits: digits(meant(text)), unread: unread(text)}""",
    r"""sought(value) AS {words: words(letters(value)) || [whole(letters(value))], ends: ends(value)}""",
    r"""may_mention(seen, sought) AS seen.unread OR contains(seen.digits, sought.ends)
        OR len(list_filter(sought.words, lambda word: contains(seen.letters, word))) > 0""",
)
"""Each may take a text for one that mentions somebody; none may pass over one that does. The numbers of characters are
those of the Turkish dotless i, and of sigma at the end of a word and elsewhere."""


class Mentions:
    """Finds personal values in other texts of their rows.

    Args:
        db: The database.
        rows: What to select the rows from, in SQL, where they are called `r`.
        personal: The name of each property that is personal, and the SQL of its value.
    """

    def __init__(self, db: DuckDBPyConnection, rows: str, personal: Sequence[tuple[str, str]]) -> None:
        self._db = db
        self._rows = rows
        self._names = [name for name, _ in personal]
        self._values = [value for _, value in personal]

    def columns(self, texts: Mapping[str, str]) -> Sequence[str]:
        """Those columns in which any value of a row may stand.

        Args:
            texts: The SQL of each text.
        """
        if not texts or not self._values:
            return ()
        for look in LOOKS:
            self._db.execute(f"CREATE OR REPLACE TEMP MACRO {look}")
        seen = {name: f"t{number}" for number, name in enumerate(texts)}
        asked = ", ".join(f"bool_or({self._may_be_in(each)})" for each in seen.values())
        looked = self._looked([f"seen({texts[name]}) AS {each}" for name, each in seen.items()])
        told = self._db.execute(f"SELECT {asked} FROM {looked}").fetchone() or ()  # noqa: S608 - our names
        return [name for name, may_be in zip(texts, told, strict=True) if may_be]

    def key(self, text: str) -> str:
        """The SQL of a text together with the values that may stand in it."""
        return f"[{', '.join((text, *self._values))}]"

    def hidden(self, text: str, mask: Mask, *, people: bool) -> Iterator[list[tuple[Key, str]]]:
        """What stands for the texts of a column in which values may stand, some at a time, by their keys.

        Args:
            text: The SQL of the text.
            mask: Hides the values.
            people: Whether the rows are about people.
        """
        looked = self._looked([f"{self.key(text)} AS key", f"seen({text}) AS seen"])
        asked = f"SELECT DISTINCT key FROM {looked} WHERE {self._may_be_in('seen')}"  # noqa: S608 - our names
        for batch in self._db.sql(asked).to_arrow_reader(TOGETHER):
            keys: list[Key] = batch.column(0).to_pylist()
            plain = mask.texts([str(written) for written, *_ in keys])
            without = [
                mask.without(told, self._known(key), people=people) for key, told in zip(keys, plain, strict=True)
            ]
            yield [(key, told) for key, before, told in zip(keys, plain, without, strict=True) if told != before]

    def _looked(self, columns: Sequence[str]) -> str:
        """The SQL of all rows with some columns, and with what is sought of each value."""
        sought = [f"sought({value}) AS v{number}" for number, value in enumerate(self._values)]
        return f"(SELECT {', '.join([*columns, *sought])} FROM {self._rows} AS r)"  # noqa: S608 - our names

    def _may_be_in(self, seen: str) -> str:
        pairs = (f"may_mention({seen}, v{number})" for number in range(len(self._values)))
        return "(" + " OR ".join(f"coalesce({pair}, false)" for pair in pairs) + ")"

    def _known(self, key: Key) -> list[tuple[str, str]]:
        """The names of properties and their values, where there are any."""
        named = zip(self._names, key[1:], strict=True)
        return [(name, value) for name, value in named if value and not value.isspace()]
