"""Finds cells in which a spreadsheet took a text for a number, or a formula failed.

The damage fills the whole cell; its original text is lost.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from product_importer.cells.leading import Leading, among

if TYPE_CHECKING:
    import numpy.typing as npt

_ERRORS: Final = """
#N/A #N/A! #REF! #NAME? #VALUE! #DIV/0! #NULL! #NUM! #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! #UNKNOWN!
#BUSY! #EXTERNAL! #PYTHON! #TIMEOUT! #ERROR! #GETTING_DATA #NV #BEZUG! #WERT! #ZAHL! #ÜBERLAUF! #KALK!
#FELD! #BLOCKIERT! #VERBINDEN! #DATEN_ABRUFEN #NOM? #VALEUR! #NOMBRE! #NUL! #PROPAGATION! #EPARS! #CALCUL!
#CHAMP! #N/D #N/D! #¡REF! #¿NOMBRE? #NOMBRE? #¡VALOR! #¡NUM! #¡NULO! #¡DIV/0! #¡DESBORDAMIENTO! #¡CALC!
#RIF! #NOME? #VALORE! #NULLO! #ESPANSIONE! #VALOR! #NÚM! #NULO! #DESPEJAR! #DESPEJO! #N/B #VERW! #NAAM?
#WAARDE! #GETAL! #LEEG! #DEEL/0! #OVERLOOP! #OVERLOPEN! #I/T #REFERENCE! #NAVN? #VÆRDI! #VERDI! #TALL!
#DIVISION/0! #OVERLØB! #SAKNAS #SAKNAS! #REFERENS! #NAMN? #VÄRDEFEL! #OGILTIGT! #SKÄRNING! #PUUTTUU
#PUUTTUU! #VIITTAUS! #NIMI? #ARVO! #LUKU! #TYHJÄ! #JAKO/0! #ADR! #NAZWA? #ARG! #LICZBA! #ZERO! #DZIEL/0!
#ROZLANIE! #NENÍ_K_DISPOZICI #ODKAZ! #NÁZEV? #HODNOTA! #ČÍSLO! #DĚLENÍ_NULOU! #PŘESAH! #HIÁNYZIK #HIV! #NÉV?
#ÉRTÉK! #SZÁM! #NULLA! #ZÉRÓOSZTÓ! #YOK #BAŞV! #AD? #DEĞER! #SAYI! #BOŞ! #SAYI/0! #Н/Д #ССЫЛКА! #ИМЯ? #ЗНАЧ!
#ЧИСЛО! #ПУСТО! #ДЕЛ/0! #ПЕРЕНОС! #ВЫЧИСЛ! #ПОСИЛАННЯ! #ІМ'Я? #ЗНАЧЕННЯ! #ДІЛ/0! #Δ/Υ #ΑΝΑΦ! #ΌΝΟΜΑ? #ΤΙΜΗ!
#ΑΡΙΘ! #ΚΕΝΟ! #ΔΙΑΙΡ./0!
"""
"""Error values in the languages of Excel, LibreOffice and Google Sheets."""

_WORDS: Final = "|".join(map(re.escape, _ERRORS.split()))
_ERROR: Final = rf"^(?i:{_WORDS}|#{{3,}}|(?:err|fehler|erreur):[0-9]{{3}})$"
_SCIENTIFIC: Final = r"^-?[0-9](?:[eE]\+|[.,][0-9]+[eE][+-])[0-9]{2,3}$"
_LONGEST: Final = 64


def error_values(cells: pa.StringArray, leading: Leading | None = None) -> pa.BooleanArray | None:
    """True where the cell is an error of a formula, such as ``#N/A`` or ``#BEZUG!``; None if no cell is."""
    leading = leading or Leading(cells)
    if not leading.may_begin_with(b"#eEfF"):
        return None
    suspects = leading.begin_with(b"#") & (leading.lengths <= _LONGEST)
    if suspects.any():
        suspects &= ~among(leading.at(1), b"0123456789 ")
    if leading.may_begin_with(b"eEfF"):
        shape = among(leading.from_end(4), b":") & (leading.lengths <= len("Fehler:502"))
        suspects |= shape & leading.begin_with(b"eEfF")
    return _fitting(cells, suspects, _ERROR)


def scientific(cells: pa.StringArray, leading: Leading | None = None) -> pa.BooleanArray | None:
    """True where the cell is a number in scientific notation, such as ``4.00638E+12``; None if no cell is.

    Only the notation that spreadsheets write counts: one digit before the point, a sign, two or three digits
    in the exponent. So ``2E10``, ``12E+03`` and ``5E-01`` may be SKUs.
    """
    leading = leading or Leading(cells)
    if not leading.may_begin_with(b"0123456789-"):
        return None
    suspects = np.zeros(len(cells), np.bool_)
    for digits in (2, 3):
        signs = among(leading.from_end(digits + 1), b"+-")
        if signs.any():
            suspects |= signs & among(leading.from_end(digits + 2), b"eE")
    if suspects.any():
        suspects &= (leading.lengths >= len("1E+10")) & (leading.lengths <= _LONGEST)
    return _fitting(cells, suspects, _SCIENTIFIC)


def _fitting(cells: pa.StringArray, suspects: npt.NDArray[np.bool_], pattern: str) -> pa.BooleanArray | None:
    """Returns which of all cells are suspicious and match the pattern."""
    if not suspects.any():
        return None
    places = np.flatnonzero(suspects)
    fit = pc.fill_null(pc.match_substring_regex(cells.take(pa.array(places)), pattern), False)
    if not pc.any(fit).as_py():
        return None
    found = np.zeros(len(cells), np.bool_)
    found[places[fit.to_numpy(zero_copy_only=False)]] = True
    return pa.array(found)
