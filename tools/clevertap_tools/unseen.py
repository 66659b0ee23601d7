"""Text without the characters that nobody sees: they hide instructions, turn lines round and split words in two."""

from __future__ import annotations

from typing import Final

UNSEEN: Final = (
    (0x00, 0x08),  # controls, all but tab and line feed
    (0x0B, 0x1F),
    (0x7F, 0x9F),
    (0xAD, 0xAD),  # soft hyphen
    (0x034F, 0x034F),  # grapheme joiner
    (0x061C, 0x061C),  # Arabic letter mark
    (0x115F, 0x1160),  # Hangul fillers
    (0x17B4, 0x17B5),  # Khmer inherent vowels
    (0x180B, 0x180F),  # Mongolian selectors and separator
    (0x200B, 0x200F),  # zero width, direction marks
    (0x2028, 0x202E),  # line and paragraph separators, direction embeddings and overrides
    (0x2060, 0x206F),  # word joiner, invisible operators, direction isolates, deprecated controls
    (0x2800, 0x2800),  # blank Braille pattern
    (0x3164, 0x3164),  # Hangul filler
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFEFF, 0xFEFF),  # byte order mark
    (0xFFA0, 0xFFA0),  # halfwidth Hangul filler
    (0xFFF0, 0xFFFB),  # unassigned, interlinear annotations
    (0x13430, 0x1345F),  # Egyptian format controls
    (0x1BCA0, 0x1BCA3),  # shorthand format controls
    (0x1D173, 0x1D17A),  # musical format controls
    (0xE0000, 0xE0FFF),  # tags, further variation selectors
)
"""First and last of each range of code points that a reader does not see."""

_DROPPED: Final = {point: None for first, last in UNSEEN for point in range(first, last + 1)}


def plain(text: str) -> str:
    """The text as a reader sees it.

    Control, bidirectional and invisible characters are left out; line feed and tab stay.
    """
    return text if text.isascii() and text.isprintable() else text.translate(_DROPPED)
