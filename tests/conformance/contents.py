"""What the suite's tools, resources and prompts hold: the smallest picture and sound, and texts told word for word."""

from __future__ import annotations

import base64
import struct
import zlib

from mcp.types import AudioContent, EmbeddedResource, ImageContent, TextContent, TextResourceContents


def chunk(kind: bytes, data: bytes) -> bytes:
    """One part of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PIXEL = b"\x89PNG\r\n\x1a\n" + b"".join(
    (
        chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)),
        chunk(b"IDAT", zlib.compress(b"\x00\xff\x00\x00")),
        chunk(b"IEND", b""),
    )
)
"""A PNG of a single red pixel."""

SAMPLE = b"".join(
    (
        b"RIFF" + struct.pack("<I", 38) + b"WAVE",
        b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16),
        b"data" + struct.pack("<I", 2) + b"\x00\x00",
    )
)
"""A WAV of a single silent sample."""


def text(words: str) -> TextContent:
    return TextContent(type="text", text=words)


def picture() -> ImageContent:
    return ImageContent(type="image", data=base64.b64encode(PIXEL).decode(), mime_type="image/png")


def sound() -> AudioContent:
    return AudioContent(type="audio", data=base64.b64encode(SAMPLE).decode(), mime_type="audio/wav")


def embedded(uri: str, words: str, mime_type: str = "text/plain") -> EmbeddedResource:
    contents = TextResourceContents(uri=uri, mime_type=mime_type, text=words)
    return EmbeddedResource(type="resource", resource=contents)
