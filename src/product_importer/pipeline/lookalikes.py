"""Finds columns that, by their names, may be a price or an active flag, but aren't taken for one."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_PRICE_PARTS: Final = (
    "price", "preis", "prijs", "precio", "preço", "preco", "prezzo", "цена", "ціна", "价格", "價格", "価格",
    "가격", "售价", "售價", "价钱", "τιμή", "τιμη", "السعر", "ราคา", "मूल्य", "מחיר",
)  # fmt: skip
_PRICE_WORDS: Final = frozenset((
    "prix", "pris", "cena", "ceny", "cenă", "pret", "preț", "hinta", "ár", "ara", "fiyat", "fiyatı", "fiyati",
    "kaina", "hind", "harga", "giá", "msrp", "rrp", "uvp", "vk", "amount", "tarif", "tarifa",
))  # fmt: skip
_OTHER_PRICE: Final = re.compile(
    r"unit|\bper\b|\bpro\b|kilo|\bkg|/|litre|liter|base|grund|compar|cost|msrp|rrp|uvp|\brec|special|sale|"
    r"offer|angebot|discount|rabatt|\bold\b|\balt|before|was\b|streich|wholesale|purchase|buy|einkauf|\bek\b|"
    r"tax|vat|mwst|ust|tva|iva|supplier|competitor|ship|versand|setup|minimum|\bmin\b|\bmax|tier|group|deposit",
    re.IGNORECASE,
)
_ACTIVE_PARTS: Final = (
    "active", "aktiv", "activ", "actif", "attiv", "ativo", "actief", "aktyw", "aktív", "активн", "активен",
    "enabled", "disabled", "visible", "visib", "sichtbar", "available", "verfügbar", "disponible", "online",
    "publish", "publié", "publicad", "pubblicat", "veröffentlicht", "status", "estado", "статус", "状态",
    "狀態", "上架", "公開", "판매상태", "hidden", "discontinued", "archived",
)  # fmt: skip
_ACTIVE_WORDS: Final = frozenset((
    "live", "state", "stato", "état", "etat", "stan", "stav", "stare", "durum", "tila",
))  # fmt: skip
_OTHER_STATE: Final = re.compile(
    r"tax|stock|inventor|lager|\bat\b|\bon\b|\bfrom\b|\buntil\b|\bto\b|\bin\b|date|datum|time|scope|tag|qty|"
    r"quantity|count|ship|order|payment|import|sync|user|reactive|interactive|ingredient|radioactiv",
    re.IGNORECASE,
)
_WORD_EDGES: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|[\W_]+")


def looks_like(field: str, column: str) -> bool:
    """Whether people may mean the field by this column name, in one of many languages."""
    plain = unicodedata.normalize("NFKC", column)
    words = [word.casefold() for word in _WORD_EDGES.split(plain) if word]
    folded = " ".join(words)
    match field:
        case "price":
            return any(part in folded for part in _PRICE_PARTS) or not _PRICE_WORDS.isdisjoint(words)
        case "active":
            named = any(part in folded for part in _ACTIVE_PARTS) or not _ACTIVE_WORDS.isdisjoint(words)
            return named and not _OTHER_STATE.search(folded)
    return False


def is_another_price(column: str) -> bool:
    """Whether the name is that of a price beside the product's own: per kilo, a cost, a former one."""
    return bool(_OTHER_PRICE.search(" ".join(_WORD_EDGES.split(column))))
