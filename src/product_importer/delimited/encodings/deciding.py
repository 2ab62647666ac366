"""Decides which encoding a text that isn't UTF-8 is in, or finds that it can't be decided.

chardet and charset-normalizer are asked to choose among the encodings that people's files have and in which
the text can be decoded. Encodings that decode the words alike are one candidate. A score by letters of our
own (:mod:`product_importer.delimited.encodings.plausible`) has to prefer the candidate that they name, by a
larger lead if only one of them names it. The score decides alone only if the text has symbols and no letters
(``5 €``), which the two libraries can't judge.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from product_importer.delimited.encodings.plausible import Reading, likely_languages
from product_importer.delimited.encodings.scripts import sole_script
from product_importer.delimited.encodings.telling import ASCII, Telling

CANDIDATES: Final = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874"),
    *("iso8859-1", "iso8859-15", "iso8859-2", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8"),
    *("iso8859-9", "iso8859-13", "mac-roman", "cp850", "cp437", "cp852", "cp866", "cp737", "cp857", "cp1125"),
    *("koi8-r", "koi8-u", "cp932", "euc_jp", "gb18030", "big5", "cp949"),
    *("cp862", "mac-iceland", "kz1048"),
)
"""The usual ones come first: of encodings that decode a text alike, the first is taken."""

_BY_CHARDET: Final = {"euc_jp": "euc_jis_2004", "big5": "big5hkscs"}
"""Encodings of which chardet knows only a larger relative."""

_NEARLY: Final = 0.9
"""chardet's confidences are close together; one of this share of the best counts as equally good."""

_LEAD_WHERE_BOTH_AGREE: Final = 4.0
_LEAD_WHERE_ONE_AGREES: Final = 6.0
_LEAST_MEAN: Final = -5.0
"""Mean score of a byte beyond ASCII; a text below it in every encoding may be damaged."""

_LITTLE: Final = 8
"""This many bytes beyond ASCII are too few to tell words of one script from words of another."""

_LEAST_MEAN_OF_SYMBOLS: Final = -3.0

_RARE: Final = frozenset(
    {
        "mac-roman",
        "cp850",
        "cp437",
        "cp852",
        "cp866",
        "cp737",
        "cp857",
        "cp1125",
        "cp862",
        "mac-iceland",
        "kz1048",
    }
)
_RARER: Final = -1.5
"""Score added to encodings of old Macs and of DOS programs, whose files are rarer than the others."""

_SAMPLE_BYTES: Final = 16_384


@dataclass(frozen=True, slots=True)
class Candidate:
    """Encodings that decode the text alike, the usual one first."""

    encodings: tuple[str, ...]
    reading: Reading

    @property
    def score(self) -> float:
        """Logarithm of the candidate's likelihood."""
        return self.reading.score + _RARER * (self.encodings[0] in _RARE)


@dataclass(frozen=True, slots=True)
class Decision:
    """``encoding``: the encoding if it is certain, else None. ``candidates``: the likeliest first.

    ``candidates`` is empty if the file looks like no text.
    """

    encoding: str | None
    candidates: tuple[Candidate, ...]


def decide(found: Telling) -> Decision:
    """Decides which encoding the words are in."""
    text = found.text
    ranked = _candidates(text, likely_languages(found.plain))
    if not ranked:
        return Decision(None, ())
    best = ranked[0]
    mean = best.score / max(len(text.translate(None, ASCII)), 1)
    if mean < _LEAST_MEAN:
        return Decision(None, ())
    if len(text.translate(None, ASCII)) <= _LITTLE and _another_script(ranked):
        return Decision(None, tuple(ranked))
    lead = best.score - ranked[1].score if len(ranked) > 1 else 100.0
    names = [encoding for candidate in ranked for encoding in candidate.encodings]
    votes = sum(
        bool(vote & set(best.encodings)) for vote in (_chardet(text, names), _normalizer(text, names))
    )
    if votes == 2 and not best.reading.far_eastern:
        wanted = _LEAD_WHERE_BOTH_AGREE
    elif (
        votes == 2
        or (votes and not best.reading.far_eastern)
        or (best.reading.only_symbols and mean >= _LEAST_MEAN_OF_SYMBOLS)
    ):
        wanted = _LEAD_WHERE_ONE_AGREES
    else:
        wanted = float("inf")
    return Decision(best.encodings[0] if lead >= wanted else None, tuple(ranked))


def _another_script(ranked: Sequence[Candidate]) -> bool:
    """Whether another candidate reads the words as words of one other script, even with rare letters."""
    best, *others = (sole_script(each.reading.words) for each in ranked)
    return any(script not in {"", best} for script in others)


def _candidates(text: bytes, likely: Mapping[str, float]) -> list[Candidate]:
    alike: dict[str, list[str]] = {}
    for encoding in CANDIDATES:
        try:
            read = _read(text, encoding)
            alike.setdefault(read, []).append(encoding)
        except UnicodeDecodeError:
            continue
    found = [Candidate(tuple(names), Reading(read, names[0], likely)) for read, names in alike.items()]
    return sorted(found, key=lambda each: -each.score)


def _read(text: bytes, encoding: str) -> str:
    """Decodes the text; a last character cut off by the end of a preview's part becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding)()
    read = decoder.decode(text)
    return read + "\ufffd" * bool(decoder.getstate()[0])


def _chardet(text: bytes, encodings: list[str]) -> set[str]:
    import chardet  # noqa: PLC0415 - only files that aren't UTF-8 need it

    theirs = {_BY_CHARDET.get(name, name): name for name in encodings}
    found = chardet.detect_all(
        _sample(text),
        include_encodings=list(theirs),
        no_match_encoding=next(iter(theirs)),
        compat_names=False,
        ignore_threshold=True,
    )
    best = max((each["confidence"] for each in found), default=0.0)
    return {
        theirs[each["encoding"]]
        for each in found
        if each["encoding"] in theirs and each["confidence"] >= best * _NEARLY
    }


def _normalizer(text: bytes, encodings: list[str]) -> set[str]:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - only files that aren't UTF-8 need it

    best = from_bytes(_sample(text), cp_isolation=[codecs.lookup(name).name for name in encodings]).best()
    return set() if best is None else {codecs.lookup(name).name for name in best.could_be_from_charset}


def _sample(text: bytes) -> bytes:
    """The first words of the text, uncut, up to the size of a sample."""
    return text if len(text) <= _SAMPLE_BYTES else text[: text.rfind(b"\n", 0, _SAMPLE_BYTES)]
