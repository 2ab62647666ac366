"""The words by which files say whether a product is active.

All words are in lower case. A word is listed only if it means the same in every language in which it is a
word that people write in such a column.
"""

from __future__ import annotations

from typing import Final

TRUE_WORDS = (
    "true", "1", "yes", "active", "published", "enabled", "on", "t", "y", "publish",
    "1.0", "visible", "live", "online",
)  # fmt: skip
FALSE_WORDS = (
    "false", "0", "no", "inactive", "draft", "archived", "unpublished", "disabled", "off", "f", "n",
    "private", "pending", "proposed", "rejected",
    "0.0", "hidden", "invisible", "unlisted", "offline", "trash", "future", "scheduled", "deactivated", "-1",
)  # fmt: skip
"""``-1`` is WooCommerce's value for a draft; see also ``ActiveNotation.minus_one``."""

SPREADSHEETS_TRUE: Final = (
    "wahr", "vrai", "verdadero", "verdadeiro", "vero", "waar", "prawda", "pravda", "sant", "sand", "sann",
    "tosi", "igaz", "doğru", "adevărat", "истина",
)  # fmt: skip
SPREADSHEETS_FALSE: Final = (
    "falsch", "faux", "falso", "onwaar", "fałsz", "nepravda", "falskt", "falsk", "usann", "epätosi", "hamis",
    "yanlış", "yanliş", "fals", "ложь",
)  # fmt: skip
"""The words of spreadsheets in other languages for TRUE and FALSE. ``yanliş`` is the Turkish word in
capitals, put into lower case by rules that aren't Turkish.
"""

LANGUAGES_TRUE: Final = (
    "ja", "oui", "sí", "si", "sim", "sì", "tak", "ano", "áno", "igen", "da", "evet", "kyllä", "jah", "jā",
    "taip", "ναι", "да", "так", "כן", "نعم", "हाँ", "ใช่", "có", "是", "真", "はい", "예", "네",
)  # fmt: skip
LANGUAGES_FALSE: Final = (
    "nein", "nej", "nei", "nee", "non", "não", "nao", "nie", "ne", "nem", "nu", "hayır", "hayir", "ei", "nē",
    "όχι", "нет", "ні", "לא", "لا", "नहीं", "ไม่ใช่", "không", "否", "假", "偽", "いいえ", "아니요", "아니오",
)  # fmt: skip
"""Yes and no."""

SHOWN: Final = (
    "aktiv", "actif", "activo", "activa", "attivo", "ativo", "actief", "aktywny", "aktivní",
    "aktívny", "aktív", "активен", "активный", "активно", "aktiivinen", "etkin", "sichtbar",
    "publié", "publicado", "pubblicato", "gepubliceerd", "veröffentlicht", "上架", "启用", "啟用",
    "有效", "公開", "aktiviert", "activé", "activée", "activado", "activada", "habilitado", "habilitada",
    "attivato", "attiva", "abilitato", "abilitata", "ativa", "ativado", "ingeschakeld", "geactiveerd",
    "aktywna", "aktywne", "włączony", "włączona", "włączone", "zapnuto", "povoleno", "aktiverad", "aktiveret",
    "aktif", "açık", "açik", "активна", "включен", "включён", "включено", "有効", "販売中", "활성", "사용",
    "판매중",
)  # fmt: skip
HIDDEN: Final = (
    "inaktiv", "inactif", "inactivo", "inactiva", "inattivo", "inativo", "inactief",
    "nieaktywny", "neaktivní", "neaktívny", "inaktív", "неактивен", "неактивный", "неактивно",
    "pasif", "versteckt", "verborgen", "ausgeblendet", "dépublié", "brouillon", "borrador",
    "oculto", "nascosto", "bozza", "entwurf", "下架", "停用", "无效", "無效", "非公開", "nicht aktiv",
    "deaktiviert", "désactivé", "désactivée", "desactivado", "desactivada", "deshabilitado", "deshabilitada",
    "inattiva", "non attivo", "disattivato", "disabilitato", "disabilitata", "inativa", "desativado",
    "desabilitado", "uitgeschakeld", "gedeactiveerd", "nieaktywna", "nieaktywne", "wyłączony", "wyłączona",
    "wyłączone", "vypnuto", "zakázáno", "inaktiverad", "avaktiverad", "inaktiveret", "deaktiveret", "kapalı",
    "kapali", "неактивна", "выключен", "выключено", "отключен", "отключено", "無効", "販売停止", "비활성",
    "미사용", "판매중지",
)  # fmt: skip
"""Shown and hidden, active and inactive."""

MARKS_TRUE: Final = ("1,0", "✓", "✔", "☑", "true()", "=true()", ".t.")
MARKS_FALSE: Final = ("0,0", "✗", "✘", "☐", "false()", "=false()", ".f.")
"""Marks, formulas, the logical values of dBASE, and numbers that a spreadsheet wrote with a decimal comma."""

MINUS_ONE: Final = "-1"
TRUE: Final = (*TRUE_WORDS, *SPREADSHEETS_TRUE, *LANGUAGES_TRUE, *SHOWN, *MARKS_TRUE)
FALSE: Final = (
    *(word for word in FALSE_WORDS if word != MINUS_ONE),
    *SPREADSHEETS_FALSE, *LANGUAGES_FALSE, *HIDDEN, *MARKS_FALSE,
)  # fmt: skip

MAY_BE_FLAGS: Final = ("x", "jein", "truth", "ya", "tidak", "有", "无", "無", "concept")
"""Words that may be an answer to the question whether a product is active, but say neither for certain."""
