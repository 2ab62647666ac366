"""Finds the currency that stands before or behind a number: ``4,50 €``, ``EUR 4.50``, ``$12``."""

from __future__ import annotations

from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

# A mark's letters are not described, since patterns of all letters take long to compile; marks are looked up.
_NUMBER: Final = r"(?P<number>[0-9](?:[0-9.,'’‘´`\p{Zs}]*[0-9.,])?)"
_MARK: Final = r"(?P<mark>[^0-9.,'’‘´`+()\-\s\p{Zs}]{1,5}\.?)"
_BEFORE: Final = rf"^\+?{_MARK}[\s\p{{Zs}}]*{_NUMBER}$"
_BEHIND: Final = rf"^{_NUMBER}[\s\p{{Zs}}]*{_MARK}$"

_CODES: Final = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
    GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT
    LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR
    NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP
    STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF
    XPF YER ZAR ZMW
"""
"""The currencies of ISO 4217 in which prices are written."""
_SIGNS: Final = {
    "$": "$", "US$": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "NZ$": "NZD", "HK$": "HKD",
    "S$": "SGD", "NT$": "TWD", "MX$": "MXN", "R$": "BRL", "€": "EUR", "EURO": "EUR", "EUROS": "EUR",
    "£": "GBP", "¥": "¥", "￥": "¥", "円": "JPY", "元": "CNY", "KR": "kr", "KR.": "kr", "RS": "Rs",
    "RS.": "Rs", "₹": "INR", "₽": "RUB", "РУБ": "RUB", "РУБ.": "RUB", "₺": "TRY", "TL": "TRY", "₩": "KRW",
    "₴": "UAH", "ГРН": "UAH", "ГРН.": "UAH", "₫": "VND", "฿": "THB", "₪": "ILS", "₱": "PHP", "₦": "NGN",
    "ZŁ": "PLN", "KČ": "CZK", "FT": "HUF", "LEI": "RON", "ЛВ": "BGN", "ЛВ.": "BGN", "FR.": "CHF",
    "SFR": "CHF", "SFR.": "CHF", "RP": "IDR", "RM": "MYR",
}  # fmt: skip
"""Signs, in capitals, and their currency. A sign of several currencies stands for itself."""

_OF_SIGN: Final = {
    "$": frozenset((
        "USD", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "MXN", "ARS", "CLP", "COP", "UYU", "NAD",
        "FJD", "JMD", "TTD", "BBD", "BSD", "BZD",
    )),
    "¥": frozenset(("JPY", "CNY")),
    "kr": frozenset(("SEK", "NOK", "DKK", "ISK")),
    "Rs": frozenset(("INR", "PKR", "LKR", "NPR", "MUR")),
}  # fmt: skip
_KNOWN: Final = _SIGNS | {code: code for code in _CODES.split()}


class Amounts(NamedTuple):
    """``numbers``: the cells without their currencies; ``currencies``: a code or a sign for each cell, null
    where a cell has none that is known.
    """

    numbers: pa.StringArray
    currencies: pa.StringArray


def amounts(cells: pa.StringArray) -> Amounts:
    """Separates numbers and currencies; a cell in which no known currency is found stays as it is."""
    before, behind = pc.extract_regex(cells, _BEFORE), pc.extract_regex(cells, _BEHIND)
    if before.null_count == len(cells) == behind.null_count:
        return Amounts(cells, pa.nulls(len(cells), pa.string()))
    numbers, marks = (
        pc.coalesce(pc.struct_field(before, name), pc.struct_field(behind, name))
        for name in ("number", "mark")
    )
    currencies = _known(marks)
    return Amounts(pc.if_else(pc.is_valid(currencies), numbers, cells), currencies)


def is_same(currencies: pa.StringArray, wanted: str) -> pa.BooleanArray:
    """Whether each is the wanted currency, or a sign that may stand for it; null where a cell has none."""
    same = [wanted, *(sign for sign, codes in _OF_SIGN.items() if wanted in codes)]
    return pc.if_else(pc.is_valid(currencies), pc.is_in(currencies, pa.array(same)), None)


def _known(marks: pa.StringArray) -> pa.StringArray:
    encoded = pc.utf8_upper(marks).dictionary_encode()
    meanings = pa.array([_KNOWN.get(mark) for mark in encoded.dictionary.to_pylist()], pa.string())
    return meanings.take(encoded.indices)
