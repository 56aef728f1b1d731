"""A ciphertext from its first byte to its last: a strip of its parts, and what each is for."""

from __future__ import annotations

import math

from kmslab import Lab
from kmslab.jupyter.figures.svg import BLUE, GREY, INK, ORANGE, PALE, Drawing, Figure, cut, folded

_WIDTH, _LINE, _STRIP, _TOP = 780, 16, 40, 52
_MARK, _BYTES, _SIZE, _NAME, _READER, _MEANING = 10, 40, 144, 158, 306, 416
_KMS_ALONE = "KMS alone"
_NOT_IN_IT = "Not in it: the KMS key, its name, the encryption context."


def ciphertext(lab: Lab, blob: bytes | str) -> Figure:
    """The parts of a ciphertext of a symmetric key, who can read each of them, and whose key made it.

    Args:
        lab: Where its key may be.
        blob: The ciphertext, as bytes or as base64.

    Raises:
        KmslabError: it is no whole ciphertext of a symmetric key.
    """
    anatomy = lab.dissect(blob)
    title = f"A ciphertext of {anatomy.size:,} bytes"
    head = _TOP + _STRIP + 56
    told = [folded(part.meaning, _WIDTH - _MEANING - 10, 12) for part in anatomy.parts]
    heights = [_LINE * len(lines) + 6 for lines in told]
    drawing = Drawing(_WIDTH, head + sum(heights) + 34)
    drawing.text(10, 24, title, size=15, bold=True)
    drawing.text(10, 42, "Not to scale. With a double frame: what only KMS can make something of.", size=12)
    _strip(drawing, [(part.size, part.reader == _KMS_ALONE) for part in anatomy.parts])
    for x, heading in ((_BYTES, "Bytes"), (_NAME, "Part"), (_READER, "Who reads it"), (_MEANING, "What it is for")):
        drawing.text(x, head - 12, heading, bold=True)
    drawing.text(_SIZE, head - 12, "Size", bold=True, anchor="end")
    drawing.line(10, head - 4, _WIDTH - 10, head - 4, stroke=GREY)
    top = float(head)
    for number, (part, meaning, height) in enumerate(zip(anatomy.parts, told, heights, strict=True), 1):
        if number % 2:
            drawing.box(6, top - 2, _WIDTH - 12, height, fill=PALE, stroke=PALE)
        y = top + 14
        drawing.text(_MARK + 6, y, str(number), size=12, anchor="middle", bold=True)
        drawing.text(_BYTES, y, part.place, size=12)
        drawing.text(_SIZE, y, str(part.size), size=12, anchor="end")
        drawing.text(_NAME, y, cut(part.name, _READER - _NAME - 4, 12), size=12)
        drawing.text(_READER, y, part.reader, size=12, bold=part.reader == _KMS_ALONE)
        for line, text in enumerate(meaning):
            drawing.text(_MEANING, y + _LINE * line, text, size=12)
        top += height
    drawing.text(_BYTES, top + 18, _NOT_IN_IT, size=12)
    lines = [
        *(f"  {line}" for line in anatomy.summary),
        *(f"  {part.place}: {part.name}, {part.size} bytes; {part.reader}: {part.meaning}" for part in anatomy.parts),
        f"  {_NOT_IN_IT}",
    ]
    return drawing.figure(title, "\n".join([title, *lines]))


def _strip(drawing: Drawing, parts: list[tuple[int, bool]]) -> None:
    # The root of the size, so that one byte can be seen beside four thousand.
    weights = [2 + math.sqrt(size) for size, _ in parts]
    x, room = 10.0, _WIDTH - 20
    for number, ((_, is_sealed), weight) in enumerate(zip(parts, weights, strict=True), 1):
        width = room * weight / sum(weights)
        fill, ink = (ORANGE, INK) if is_sealed else (BLUE, "#ffffff")
        drawing.box(x + 1, _TOP, width - 2, _STRIP, fill=fill, stroke=INK)
        if is_sealed:
            drawing.box(x + 3, _TOP + 2, width - 6, _STRIP - 4, stroke=INK)
        drawing.text(x + width / 2, _TOP + 25, str(number), size=12, anchor="middle", bold=True, fill=ink)
        x += width
