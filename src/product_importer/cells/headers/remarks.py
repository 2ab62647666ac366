"""Remarks in a header that don't change what the column holds: ``Price (EUR)``, ``SKU (required)``.

Each kind of remark is known for certain fields only: a currency is no remark of a stock.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from product_importer.cells.headers.aliases import Named, named
from product_importer.fields import letters

_MOST_CHARS: Final = 200
"""Longer headers are compared as they stand."""

_REMEMBERED: Final = 4_096
"""A header is asked about several times: by the parser, the mapping and its warnings."""


def _words(text: str) -> frozenset[str]:
    return frozenset(letters(word) for word in text.split())


_CODES: Final = _words(
    "AED ARS AUD BGN BRL CAD CHF CLP CNY CZK DKK EUR GBP HKD HUF IDR ILS INR ISK JPY KRW KZT MXN MYR NOK NZD "
    "PLN RMB RON RSD RUB SEK SGD THB TWD UAH USD VND ZAR"
)
_CODES_IN_CAPITALS: Final = frozenset({"COP", "PEN", "PHP", "SAR", "TRY"})
"""Codes that are words, too, unless they are written in capitals."""

_SIGNS: Final = {
    "€": "EUR",
    "£": "GBP",
    "₺": "TRY",
    "₽": "RUB",
    "₩": "KRW",
    "₹": "INR",
    "₴": "UAH",
    "₪": "ILS",
    "euro": "EUR",
    "euros": "EUR",
    "zł": "PLN",
    "zl": "PLN",
    "kč": "CZK",
    "kc": "CZK",
    "ft": "HUF",
    "tl": "TRY",
    "руб": "RUB",
    "рублей": "RUB",
    "грн": "UAH",
    "円": "JPY",
    "원": "KRW",
    "rmb": "CNY",
    "人民币": "CNY",
    "us$": "USD",
    "r$": "BRL",
    "$": "$",
    "¥": "¥",
    "kr": "kr",
    "元": "¥",
}
"""Signs and words of currencies; ``$``, ``¥`` and ``kr`` are those of several."""

_TAX_WORDS: Final = _words(
    "tax taxes vat gst mwst ust ttc ht tva iva btw moms dph kdv ндс net gross netto brutto 税込 税抜 "
    "含税 不含税"
)
_TAXES: Final = _TAX_WORDS | _words(
    "taxe vergi dahil hariç incl inkl inc excl exkl ex zzgl incluido incluida excluido inclusa esclusa "
    "incluso escluso incluído inclusive exclusive included excluded including excluding exclude include "
    "with without bez od с без s z hors toutes comprises sin con sem com met zonder uden"
)
_NEEDED: Final = _words(
    "required mandatory optional recommended unique pflicht pflichtfeld erforderlich obligatoire requis "
    "facultatif obligatorio requerido opcional obbligatorio facoltativo obrigatório verplicht optioneel "
    "wymagane obowiązkowe opcjonalne povinné nepovinné obligatorisk valgfri påkrævet valfri krävs zorunlu "
    "обязательно необязательно 必填 选填 必須 任意 필수 선택 text string texte testo texto tekst текст"
)
_LENGTH: Final = re.compile(
    r"(max\.?|up to|bis)?\s*\d+\s*(chars?|characters|zeichen|caractères|caracteres|znaków)"
)
_OF_FIELDS: Final = {
    "stock": _words("pcs pc pieces units unit stk stück st pièces uds pz szt ks шт 件 个 個 개"),
    "description": _words("html long plain lang"),
    "active": _words("0/1 1/0 yes/no true/false ja/nein oui/non si/no sí/no y/n j/n t/f да/нет"),
}
_LANGUAGE_CODES: Final = _words("en de fr es it pt nl pl cs sv da tr ru zh ja ko")
_TEXTS: Final = frozenset({"name", "description"})

_BRACKETS: Final = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|\{([^{}]*)\}|【([^【】]*)】|<([^<>]*)>")
_TOKENS: Final = re.compile(r"us\$|r\$|[€£₺₽₩₹₴₪$¥円]|[^\W_]+", re.IGNORECASE)
_SIGN: Final = re.compile("[€£₺₽₩₹₴₪$¥円]")
_CAMEL: Final = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z]{3}\b)")
_BEFORE_CURRENCY: Final = frozenset({"in", "en", "w", "v", "i", "em"})


@dataclass(frozen=True, slots=True)
class Heading:
    """A header that names a field.

    ``word``: the letters that name it. ``currency``: the one that a remark names, as a code or a sign.
    ``remarks``: the letters of the remarks that were overlooked; blank if there are none.
    """

    named: Named
    word: str
    currency: str | None = None
    remarks: str = ""


def heading(column: str) -> Heading | None:
    """What the header names, remarks overlooked; None if it names no field for certain."""
    if len(column) <= _MOST_CHARS:
        return _heading(column)
    found = named(letters(column))
    return None if found is None else _bare(column, found, letters(column))


@lru_cache(maxsize=_REMEMBERED)
def _heading(column: str) -> Heading | None:
    word = letters(column)
    text = unicodedata.normalize("NFKC", column)
    found = named(word)
    return _with_remarks(text) if found is None else _bare(text, found, word)


def _bare(text: str, found: Named, word: str) -> Heading | None:
    """The reading of a header whose letters are all in the word."""
    if found.field == "stock" and "?" in text:  # such as "In stock?": yes or no
        return None
    sign = _SIGN.search(text) if found.field == "price" else None
    currency = None if sign is None else _SIGNS[sign[0]]
    return Heading(found, word, currency, currency or "")


def goes_before_own_name(column: str) -> bool:
    """Whether the header would be taken for a field even beside a column that has the field's own name."""
    found = heading(column)
    own = None if found is None else named(found.named.field)
    return found is not None and own is not None and found.named.rank < own.rank


def _with_remarks(text: str) -> Heading | None:
    remarks = [next(filter(None, groups), "") for groups in _BRACKETS.findall(text)]
    tokens = _TOKENS.findall(_CAMEL.sub(" ", _BRACKETS.sub(" ", text)))
    kept, currency, taxed = _without_currency_and_tax(tokens)
    word = letters("".join(kept))
    found = named(word)
    if found is None and word.startswith(("netto", "brutto")):
        word, taxed = word.removeprefix("netto").removeprefix("brutto"), True
        found = named(word)
    if found is None or ((currency or taxed) and found.field != "price"):
        return None
    for remark in remarks:
        known, its_currency = _known(remark, found.field)
        if not known:
            return None
        currency = currency or its_currency
    if "?" in text and found.field == "stock":
        return None
    others = letters(text).replace(word, "", 1)
    return Heading(found, word, currency, f"{others} {currency or ''}")


def _without_currency_and_tax(tokens: list[str]) -> tuple[list[str], str | None, bool]:
    """Takes the words of a currency and of a tax from both ends, but never the last word."""
    kept, currency, taxed = list(tokens), None, False
    while len(kept) > 1:
        if (found := _currency(kept[-1])) is not None and currency is None:
            currency = found
            kept.pop()
            if len(kept) > 1 and kept[-1].casefold() in _BEFORE_CURRENCY:
                kept.pop()
        elif (taxes := _taxes_at_end(kept)) > 0:
            taxed = True
            del kept[-taxes:]
        elif letters(kept[-1]) in _NEEDED:
            kept.pop()
        elif currency is None and (found := _currency(kept[0])) is not None:
            currency = found
            del kept[0]
        elif kept[0].casefold() in ("net", "gross", "netto", "brutto"):
            taxed = True
            del kept[0]
        else:
            break
    return kept, currency, taxed


def _taxes_at_end(tokens: list[str]) -> int:
    """How many words at the end say whether tax is included; one of them names the tax."""
    count = 0
    while count < len(tokens) - 1 and letters(tokens[-1 - count]) in _TAXES:
        count += 1
    return count if any(letters(token) in _TAX_WORDS for token in tokens[len(tokens) - count :]) else 0


def _currency(token: str) -> str | None:
    folded = token.casefold()
    if letters(token) in _CODES or token in _CODES_IN_CAPITALS:
        return token.upper()
    return _SIGNS.get(folded)


def _known(remark: str, field: str) -> tuple[bool, str | None]:
    """Whether the remark leaves the column what it is, and the currency that it names."""
    word = letters(remark)
    if field == "price":
        kept, currency, _ = _without_currency_and_tax(["", *_TOKENS.findall(remark)])
        if kept == [""]:
            return True, currency
    same = (found := named(word)) is not None and found.field == field
    known = (
        same
        or not word
        or word in _NEEDED
        or word in _OF_FIELDS.get(field, ())
        or (field in _TEXTS and word in _LANGUAGE_CODES)
        or _LENGTH.fullmatch(remark.strip().casefold()) is not None
    )
    return known, None
