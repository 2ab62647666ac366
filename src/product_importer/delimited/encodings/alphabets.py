"""The letters of languages beyond ASCII, in order of frequency, as far as catalogues use them.

Each language also has common words and headers that are written without those letters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

STRANGE: Final = -8.5
"""Logarithm of the probability of a letter that the language lacks, as in a foreign brand."""

_OF_A_LOANWORD: Final = -6.5


@dataclass(frozen=True, slots=True)
class Alphabet:
    """``chances``: logarithm of the probability of each of the language's letters among them.

    ``words``: common words and headers of ASCII letters, in lower case.
    """

    language: str
    chances: Mapping[str, float]
    words: frozenset[bytes]


def _alphabet(language: str, letters: str, *, loan: str = "", words: str = "") -> Alphabet:
    """Makes an alphabet. ``loan``: letters that occur in loanwords and brands only."""
    weights = {letter: 1.0 / (rank + 1.5) for rank, letter in enumerate(letters)}
    total = sum(weights.values())
    chances = {letter: math.log(weight / total) for letter, weight in weights.items()}
    chances |= {letter: _OF_A_LOANWORD for letter in loan if letter not in chances}
    return Alphabet(language, chances, frozenset(words.encode().split()))


ALPHABETS: Final = (
    _alphabet(
        "English",
        "éèñüöçáíóàêäï",
        loan="ôâøåãëßúì",
        words="the and with for of from name price description title quantity size color colour brand "
        "stock category",
    ),
    _alphabet(
        "German",
        "üäöß",
        loan="éèêáàçñ",
        words="der die das und mit aus von nicht ein eine sich preis artikel artikelnummer beschreibung "
        "bezeichnung menge farbe marke hersteller kategorie lager bestand",
    ),
    _alphabet(
        "French",
        "éèàêçôîûâïùëœ",
        loan="üöäñ",
        words="le les des et avec pour dans une sur du nom prix titre marque couleur taille stock rayon "
        "marchand",
    ),
    _alphabet(
        "Spanish",
        "óíáéñúü",
        loan="çèàêö",
        words="el los las con para del una por nombre precio marca cantidad color articulo existencias",
    ),
    _alphabet(
        "Portuguese",
        "ãçáéíóêõâúàô",
        loan="üèñ",
        words="os com para uma do da dos em nome marca quantidade estoque cor tamanho artigo",
    ),
    _alphabet(
        "Italian",
        "àèùòéì",
        loan="êüöçîó",
        words="il con per di della dei una che nome prezzo descrizione marca colore taglia articolo giacenza",
    ),
    _alphabet(
        "Catalan",
        "óàèéíçòúïü",
        loan="ñ",
        words="amb els les una per del nom preu marca talla",
    ),
    _alphabet(
        "Dutch",
        "ëéïèöüê",
        loan="óáçñíúàôä",
        words="het een van met voor en niet naam prijs omschrijving merk kleur maat voorraad artikel",
    ),
    _alphabet(
        "Danish",
        "øåæé",
        loan="öäüèêñóá",
        words="og med til af en ikke det navn pris beskrivelse varenummer farve lager antal",
    ),
    _alphabet(
        "Swedish",
        "äåöé",
        loan="üèàøñ",
        words="och med av som det inte ett namn pris beskrivning artikelnummer lager antal",
    ),
    _alphabet(
        "Norwegian",
        "øåæéòôó",
        loan="öäüèêñ",
        words="og med til av ikke det navn pris beskrivelse varenummer farge lager antall",
    ),
    _alphabet(
        "Finnish",
        "äöåé",
        loan="üšžèøõ",
        words="ja on ei sis nimi hinta kuvaus tuote koko varasto tuotenumero merkki",
    ),
    _alphabet(
        "Icelandic",
        "ðáíóúöéþæýu",
        loan="øåäü",
        words="og er fyrir sem til ekki heiti nafn vara",
    ),
    _alphabet(
        "Estonian",
        "äõüöšž",
        loan="éåøè",
        words="ja on ei nimetus nimi hind kirjeldus kogus laos toode",
    ),
    _alphabet(
        "Czech",
        "íáěéřýčžšůúóďťň",
        loan="öüä",
        words="na pro se je ze do nebo popis cena zbozi kategorie skladem barva znacka mnozstvi",
    ),
    _alphabet(
        "Slovak",
        "áíéčýšžúťľôóňäďŕĺ",
        loan="ěöüř",
        words="na pre sa je zo do alebo popis cena nazov tovar kategoria farba znacka",
    ),
    _alphabet(
        "Polish",
        "łęóążśćńź",
        loan="éöüäèá",
        words="na dla do ze jest nie nazwa opis cena kod kolor marka producent kategoria rozmiar",
    ),
    _alphabet(
        "Hungarian",
        "éáóöíőüúű",
        loan="äčš",
        words="az egy nem hogy van meg cikk cikkszam nev marka raktar kategoria",
    ),
    _alphabet(
        "Romanian",
        "ăîâţşșț",
        loan="éöüáó",
        words="si cu de din pentru pe nume denumire descriere pret marca culoare stoc produs",
    ),
    _alphabet(
        "Croatian",
        "čšžćđ",
        loan="éöüä",
        words="za na se je od do naziv opis cijena marka boja kategorija proizvod",
    ),
    _alphabet(
        "Slovenian",
        "čšž",
        loan="ćđéöüä",
        words="za na se je od in naziv opis cena znamka barva izdelek zaloga",
    ),
    _alphabet(
        "Albanian",
        "ëç",
        loan="éöü",
        words="dhe me nga emri cmimi sasia",
    ),
    _alphabet(
        "Turkish",
        "ıüşöçğâîû",
        loan="éèäñ",
        words="ve ile bir bu ad fiyat marka renk beden stok kategori adet",
    ),
    _alphabet(
        "Latvian",
        "āēīšūķļņģčž",
        loan="éöüäō",
        words="un ar no par nosaukums apraksts cena prece daudzums",
    ),
    _alphabet(
        "Lithuanian",
        "ėšųžįąūęč",
        loan="éöüä",
        words="ir su yra iki pavadinimas kaina kiekis prek",
    ),
    _alphabet("Vietnamese", "đăâêôơưạ̀́̀̉̃áéèãíóúùý", loan=""),
    _alphabet("Greek", "αοιετσνηυρπκμλςόίθάδγχέήύφώβξζψϊϋΐΰ"),
    _alphabet("Russian", "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"),
    _alphabet("Ukrainian", "оанивіертслкдмупязьбгчйхцїжєюшщфґ"),
    _alphabet("Belarusian", "аінеоыярксцтлудвпмзшбйгчьюэхжўёф"),
    _alphabet("Bulgarian", "аиоетнрсвлкдпмзгяъубчцжщюшфхйь"),
    _alphabet("Serbian", "аоиенртсјвкудпмлзгбчњцљшжћхђфџ"),
    _alphabet("Macedonian", "аоиетнрсвкдлпмујзгбчшцњљжќфхѓџѕѐѝ"),
    _alphabet("Hebrew", "יוהלאתרשמבנםחקדעפטגזסכןץךצף", loan="ְִֵֶַָֹּׁׂ"),
    _alphabet("Arabic", "اليمنرتبةعدسفهكقأحجشطصخإىذضثءئغظزؤآو", loan="ًٌٍَُِّْ،؛؟"),
    _alphabet("Persian", "اینردمتهوبسشکزگلفخقپعجچحطصآضظذغثئژي", loan="ءأ"),
    _alphabet("Thai", "านรอกเงมยลวดทตส่ะปบคั้แหิผีใพขจูชุไโธศถณซษ์็ฟภฉึืญโฮฝฐฆฎฏฑฒฬฤำๆฯ"),
)

COMMON_HANGUL: Final = frozenset(
    "이다는을의에고가하지기로한은사어리나도자스서시인아대정그일수보상해부라여전장과주들게니있구제원만를관공면용소비동성트조오마선미"
    "으신드무세안화국생구유경물산실우위연체내발중거개방문분모노심교터당요없것계데민단품명격가설색백흰검빨노초파남녀어린이"
    "가방옷바지셔츠양말신발모자장갑책상의자침대이불베개수건비누컵접시그릇칼숟락포크냄프팬전등램프드릴망치"
    "될된할합습했있았었였크기형입출판매배송제할인후불량재질면혼방폴리에스터나일론가죽목금속유리플틱고급최저추천인기신상특별"
    "길폭높너비센티미터킬로그램온오프추운더울봄여름을겨울년월시간분초차물커피우유빵쌀과채육생선맛향건강화장품림로션샴푸린"
    "부품예설명서들찬세탁하족좋선물십열작대큰작새헌긴짧은두꺼얇넓강력손잡완구인형게임북노트펜연필지개"
)
"""The syllables that most text in Korean catalogues is made of."""
