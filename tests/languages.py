"""Catalogues as shops have them in 34 languages, to be written in the encodings in which their files come."""

# ruff: noqa: E501 - the words are data

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize


@dataclass(frozen=True, slots=True)
class Language:
    """``words``: things and what they are like; ``sentences``: what descriptions are made of."""

    header: str
    words: tuple[str, ...]
    sentences: tuple[str, ...]
    encodings: tuple[str, ...]


def _language(header: str, words: str, sentences: str, encodings: str) -> Language:
    texts = tuple(sentence.strip() for sentence in sentences.split("/"))
    return Language(header, tuple(words.split()), texts, tuple(encodings.split()))


LANGUAGES: Final = {
    "Czech": _language(
        "sku,název,popis,cena",
        "tričko košile šaty kalhoty bunda čepice rukavice ponožky boty lžíce vidlička nůž hrnec pánev talíř sklenice"
        " židle stůl křeslo skříň polštář přikrývka ručník mýdlo šampon žárovka lampička vrtačka kladivo šroubovák"
        " červený žlutý zelený modrý černý bílý hnědý šedý růžový měkký dřevěný skleněný kožený dětský dámský pánský",
        "Vyrobeno z kvalitní bavlny, vhodné pro každodenní nošení. / Příjemný materiál, který se snadno udržuje. /"
        " Skladem více než 10 kusů. / Balení obsahuje náhradní díly a návod k použití. / Lze prát při 30 °C. /"
        " Ideální dárek pro celou rodinu. / Délka 120 cm, šířka 60 cm, výška 75 cm.",
        "cp1250 iso8859-2 cp852",
    ),
    "Slovak": _language(
        "sku,názov,popis,cena",
        "tričko košeľa šaty nohavice bunda čiapka rukavice ponožky topánky lyžica vidlička nôž hrniec panvica tanier"
        " pohár stolička stôl kreslo skriňa vankúš prikrývka uterák mydlo šampón žiarovka vŕtačka kladivo skrutkovač"
        " červený žltý zelený modrý čierny biely hnedý sivý ružový mäkký drevený sklenený kožený detský dámsky pánsky",
        "Vyrobené z kvalitnej bavlny, vhodné na každodenné nosenie. / Príjemný materiál, ktorý sa ľahko udržiava. /"
        " Na sklade viac ako 10 kusov. / Balenie obsahuje náhradné diely a návod na použitie. / Možno prať pri 30 °C. /"
        " Ideálny darček pre celú rodinu. / Dĺžka 120 cm, šírka 60 cm, výška 75 cm.",
        "cp1250 iso8859-2 cp852",
    ),
    "Polish": _language(
        "sku,nazwa,opis,cena",
        "koszulka sukienka spodnie kurtka czapka rękawiczki skarpetki buty łyżka widelec nóż garnek patelnia talerz"
        " szklanka krzesło stół łóżko szafa poduszka kołdra ręcznik mydło szampon żarówka wiertarka młotek śrubokręt"
        " czerwony żółty zielony niebieski czarny biały brązowy szary różowy miękki drewniany szklany skórzany dziecięcy"
        " męski damski źródło ćwiartka gęś wąż",
        "Wykonane z wysokiej jakości bawełny, idealne na co dzień. / Przyjemny materiał, łatwy w utrzymaniu czystości. /"
        " W magazynie więcej niż 10 sztuk. / Zestaw zawiera części zamienne oraz instrukcję obsługi. / Prać w 30 °C. /"
        " Świetny prezent dla całej rodziny. / Długość 120 cm, szerokość 60 cm, wysokość 75 cm.",
        "cp1250 iso8859-2 cp852",
    ),
    "Hungarian": _language(
        "sku,megnevezés,leírás,ár",
        "póló ing ruha nadrág kabát sapka kesztyű zokni cipő kanál villa kés fazék serpenyő tányér pohár szék asztal"
        " fotel szekrény párna takaró törölköző szappan sampon izzó fúrógép kalapács csavarhúzó piros sárga zöld kék"
        " fekete fehér barna szürke rózsaszín puha fából üveg bőr gyerek női férfi hűtő tűző hosszú őszi",
        "Kiváló minőségű pamutból készült, mindennapi viseletre. / Kellemes anyag, könnyen tisztítható. /"
        " Raktáron több mint 10 darab. / A csomag tartalmazza a pótalkatrészeket és a használati útmutatót. /"
        " Mosható 30 °C-on. / Tökéletes ajándék az egész családnak. / Hosszúság 120 cm, szélesség 60 cm, erős kötésű.",
        "cp1250 iso8859-2 cp852",
    ),
    "Romanian": _language(
        "sku,denumire,descriere,preţ",
        "tricou cămaşă rochie pantaloni jachetă şapcă mănuşi şosete pantofi lingură furculiţă cuţit oală tigaie farfurie"
        " pahar scaun masă fotoliu dulap pernă pătură prosop săpun şampon bec bormaşină ciocan şurubelniţă roşu galben"
        " verde albastru negru alb maro gri roz moale lemn sticlă piele copii damă bărbaţi înalt lână",
        "Fabricat din bumbac de calitate, potrivit pentru fiecare zi. / Material plăcut, uşor de întreţinut. /"
        " În stoc peste 10 bucăţi. / Pachetul conţine piese de schimb şi instrucţiuni. / Se spală la 30 °C. /"
        " Cadou ideal pentru întreaga familie. / Lungime 120 cm, lăţime 60 cm, înălţime 75 cm.",
        "cp1250 iso8859-2",
    ),
    "Croatian": _language(
        "sku,naziv,opis,cijena",
        "majica košulja haljina hlače jakna kapa rukavice čarape cipele žlica vilica nož lonac tava tanjur čaša stolica"
        " stol naslonjač ormar jastuk pokrivač ručnik sapun šampon žarulja bušilica čekić odvijač crvena žuta zelena"
        " plava crna bijela smeđa siva ružičasta mekana drvena staklena kožna dječja ženska muška đon",
        "Izrađeno od kvalitetnog pamuka, prikladno za svaki dan. / Ugodan materijal koji se lako održava. /"
        " Na skladištu više od 10 komada. / Pakiranje sadrži rezervne dijelove i upute za korištenje. / Pranje na 30 °C. /"
        " Idealan poklon za cijelu obitelj. / Dužina 120 cm, širina 60 cm, visina 75 cm, noćni ormarić.",
        "cp1250 iso8859-2 cp852",
    ),
    "Slovenian": _language(
        "sku,naziv,opis,cena",
        "majica srajca obleka hlače jakna kapa rokavice nogavice čevlji žlica vilice nož lonec ponev krožnik kozarec"
        " stol miza naslanjač omara blazina odeja brisača milo šampon žarnica vrtalnik kladivo izvijač rdeča rumena"
        " zelena modra črna bela rjava siva rožnata mehka lesena steklena usnjena otroška ženska moška",
        "Izdelano iz kakovostnega bombaža, primerno za vsak dan. / Prijeten material, enostaven za vzdrževanje. /"
        " Na zalogi več kot 10 kosov. / Paket vsebuje nadomestne dele in navodila za uporabo. / Pranje pri 30 °C. /"
        " Odlično darilo za vso družino. / Dolžina 120 cm, širina 60 cm, višina 75 cm.",
        "cp1250 iso8859-2 cp852",
    ),
    "German": _language(
        "sku,name,beschreibung,preis",
        "Hemd Kleid Hose Jacke Mütze Handschuhe Strümpfe Schuhe Löffel Gabel Messer Topf Pfanne Teller Gläser Stuhl"
        " Tisch Sessel Schrank Kissen Bettwäsche Handtuch Seife Glühbirne Bohrmaschine Hammer Schraubenzieher Schlüssel"
        " rot gelb grün blau schwarz weiß braun grau rosa weich hölzern gläsern Leder Kinder Damen Herren groß Türgriff",
        "Aus hochwertiger Baumwolle, für jeden Tag geeignet. / Angenehmes Material, das sich leicht pflegen lässt. /"
        " Über 10 Stück auf Lager. / Lieferung enthält Ersatzteile und eine ausführliche Anleitung. / Waschbar bei 30 °C. /"
        " Schönes Geschenk für die ganze Familie. / Länge 120 cm, Breite 60 cm, Höhe 75 cm, Maßstab 1:10.",
        "cp1252 iso8859-1 iso8859-15 mac_roman cp850 cp437",
    ),
    "French": _language(
        "sku,nom,description,prix",
        "chemise robe pantalon veste béret gants chaussettes chaussures cuillère fourchette couteau poêle théière"
        " assiette verre chaise table fauteuil étagère oreiller couvre-lit serviette savon crème ampoule perceuse"
        " marteau tournevis rouge jaune vert bleu noir blanc brun gris rosé doux chêne verre cuir bébé garçon brodé"
        " léger épais façonné cœur fenêtre",
        "Fabriqué en coton de qualité, idéal à porter tous les jours. / Matière agréable, très facile à entretenir. /"
        " Plus de 10 pièces en stock. / Livré avec pièces détachées et mode d'emploi. / Lavage à 30 °C. /"
        " Un cadeau idéal pour toute la famille, même à Noël. / Longueur 120 cm, côté français où ça plaît.",
        "cp1252 iso8859-15 mac_roman cp850 cp437",
    ),
    "Spanish": _language(
        "sku,nombre,descripción,precio",
        "camisa vestido pantalón chaqueta gorra guantes calcetines zapatos cuchara tenedor cuchillo olla sartén plato"
        " vaso silla mesa sillón armario almohada edredón toalla jabón champú bombilla taladro martillo destornillador"
        " rojo amarillo verde azul negro blanco marrón gris rosa suave madera cristal piel niño señora caballero pequeño",
        "Fabricado en algodón de calidad, para el día a día. / Material agradable y fácil de limpiar. /"
        " Más de 10 unidades en almacén. / Incluye piezas de recambio y manual de instrucciones en español. /"
        " Lavar a 30 °C. / ¡El regalo ideal para toda la familia! / Tamaño 120 cm, diseño único, año 2024.",
        "cp1252 iso8859-1 mac_roman cp850 cp437",
    ),
    "Portuguese": _language(
        "sku,nome,descrição,preço",
        "camisa vestido calças casaco boné luvas meias sapatos colher garfo faca panela frigideira prato copo cadeira"
        " mesa poltrona armário almofada cobertor toalha sabão champô lâmpada berbequim martelo chave vermelho amarelo"
        " verde azul preto branco castanho cinzento rosa macio madeira vidro couro criança senhora homem coração pão maçã",
        "Fabricado em algodão de qualidade, para o dia a dia. / Material agradável e fácil de limpar, não encolhe. /"
        " Mais de 10 peças em stock. / Inclui peças de substituição e manual de instruções. / Lavar a 30 °C. /"
        " Um presente ideal para toda a família, também à distância. / Dimensões 120 cm, três opções de avô.",
        "cp1252 iso8859-1 mac_roman cp850",
    ),
    "Italian": _language(
        "sku,nome,descrizione,prezzo",
        "camicia vestito pantaloni giacca berretto guanti calze scarpe cucchiaio forchetta coltello pentola padella"
        " piatto bicchiere sedia tavolo poltrona armadio cuscino coperta asciugamano sapone caffè lampadina trapano"
        " martello cacciavite rosso giallo verde blu nero bianco marrone grigio rosa morbido legno vetro pelle papà tè",
        "Realizzato in cotone di qualità, perfetto per ogni giorno. / È un materiale piacevole, più facile da pulire. /"
        " Disponibilità di oltre 10 pezzi. / La confezione è completa di ricambi e ciò che serve. / Lavare a 30 °C. /"
        " Così bello che sarà il regalo ideale per la famiglia. / Lunghezza 120 cm, però già montato.",
        "cp1252 iso8859-1 mac_roman cp850",
    ),
    "Dutch": _language(
        "sku,naam,omschrijving,prijs",
        "overhemd jurk broek jas muts handschoenen sokken schoenen lepel vork mes pan koekenpan bord glas stoel tafel"
        " fauteuil kast kussen deken handdoek zeep gloeilamp boormachine hamer schroevendraaier rood geel groen blauw"
        " zwart wit bruin grijs roze zacht hout leer kinderen dames heren crème ruïne café",
        "Gemaakt van hoogwaardig katoen, geschikt voor elke dag. / Prettig materiaal, eenvoudig te reinigen. /"
        " Meer dan 10 stuks op voorraad. / Geleverd met reserveonderdelen én handleiding. / Wassen op 30 °C. /"
        " Ideaal cadeau voor de hele familie, drie coördinaten. / Eén maat, geïsoleerd, 120 cm.",
        "cp1252 iso8859-1 cp850",
    ),
    "Danish": _language(
        "sku,navn,beskrivelse,pris",
        "skjorte kjole bukser jakke hue handsker strømper sko ske gaffel kniv gryde stegepande tallerken glas stol bord"
        " lænestol skab pude dyne håndklæde sæbe pære boremaskine hammer skruetrækker rød gul grøn blå sort hvid brun"
        " grå lyserød blød træ læder børn dame herre nøgle sølv ægte påske brød",
        "Fremstillet af bomuld i høj kvalitet, til hver dag. / Behageligt materiale, der er nemt at rengøre. /"
        " Over 10 stk. på lager. / Leveres med reservedele og brugsanvisning på dansk. / Kan vaskes ved 30 °C. /"
        " Den ideelle gave til både store og små. / Længde 120 cm, bredde 60 cm, højde 75 cm, tåler opvask.",
        "cp1252 iso8859-1 cp850 mac_roman",
    ),
    "Swedish": _language(
        "sku,namn,beskrivning,pris",
        "skjorta klänning byxor jacka mössa handskar strumpor skor sked gaffel kniv gryta stekpanna tallrik glas stol"
        " bord fåtölj skåp kudde täcke handduk tvål glödlampa borrmaskin hammare skruvmejsel röd gul grön blå svart vit"
        " brun grå rosa mjuk trä läder barn dam herr nyckel smörgås bröd påse väska större",
        "Tillverkad av bomull av hög kvalitet, för varje dag. / Behagligt material som är lätt att sköta. /"
        " Över 10 st i lager. / Levereras med reservdelar och bruksanvisning på svenska. / Tvättas i 30 °C. /"
        " En perfekt present till både stora och små. / Längd 120 cm, bredd 60 cm, höjd 75 cm, tål maskindisk.",
        "cp1252 iso8859-1 cp850 mac_roman",
    ),
    "Norwegian": _language(
        "sku,navn,beskrivelse,pris",
        "skjorte kjole bukser jakke lue hansker strømper sko skje gaffel kniv gryte stekepanne tallerken glass stol bord"
        " lenestol skap pute dyne håndkle såpe lyspære bormaskin hammer skrutrekker rød gul grønn blå svart hvit brun"
        " grå rosa myk tre lær barn dame herre nøkkel sølv ekte påske brød gjær kjøtt",
        "Laget av bomull av høy kvalitet, for hver dag. / Behagelig materiale som er lett å vedlikeholde. /"
        " Over 10 stk. på lager. / Leveres med reservedeler og bruksanvisning på norsk. / Vaskes på 30 °C. /"
        " Den perfekte gaven både til store og små. / Lengde 120 cm, bredde 60 cm, høyde 75 cm, tåler oppvask.",
        "cp1252 iso8859-1 cp850",
    ),
    "Finnish": _language(
        "sku,nimi,kuvaus,hinta",
        "paita mekko housut takki pipo käsineet sukat kengät lusikka haarukka veitsi kattila paistinpannu lautanen lasi"
        " tuoli pöytä nojatuoli kaappi tyyny peitto pyyhe saippua hehkulamppu porakone vasara ruuvimeisseli punainen"
        " keltainen vihreä sininen musta valkoinen ruskea harmaa pehmeä puinen nahkainen lapsi nainen mies pieni hyvä",
        "Valmistettu laadukkaasta puuvillasta, sopii päivittäiseen käyttöön. / Miellyttävä materiaali, helppo hoitaa. /"
        " Yli 10 kappaletta varastossa. / Sisältää varaosat ja käyttöohjeen. / Pesu 30 °C lämpötilassa. /"
        " Täydellinen lahja koko perheelle. / Pituus 120 cm, leveys 60 cm, väri vöyhkeä, myös töihin.",
        "cp1252 iso8859-1 cp850",
    ),
    "Icelandic": _language(
        "sku,heiti,lýsing,verð",
        "skyrta kjóll buxur jakki húfa hanskar sokkar skór skeið gaffall hnífur pottur panna diskur glas stóll borð"
        " hægindastóll skápur koddi sæng handklæði sápa ljósapera borvél hamar skrúfjárn rauður gulur grænn blár svartur"
        " hvítur brúnn grár bleikur mjúkur tré leður börn konur karlar þykkur stór lítill ný",
        "Framleitt úr hágæða bómull, hentar fyrir hvern dag. / Þægilegt efni sem auðvelt er að þrífa. /"
        " Meira en 10 stykki á lager. / Varahlutir og leiðbeiningar fylgja með. / Má þvo við 30 °C. /"
        " Fullkomin gjöf fyrir alla fjölskylduna. / Lengd 120 cm, breidd 60 cm, hæð 75 cm, þolir uppþvottavél.",
        "cp1252 iso8859-1 cp850",
    ),
    "Turkish": _language(
        "sku,ad,açıklama,fiyat",
        "gömlek elbise pantolon ceket şapka eldiven çorap ayakkabı kaşık çatal bıçak tencere tava tabak bardak sandalye"
        " masa koltuk dolap yastık yorgan havlu sabun şampuan ampul matkap çekiç tornavida kırmızı sarı yeşil mavi siyah"
        " beyaz kahverengi gri pembe yumuşak ahşap cam deri çocuk kadın erkek büyük küçük ağır İnce",
        "Kaliteli pamuktan üretilmiştir, her gün için uygundur. / Hoş bir malzeme, temizliği kolaydır. /"
        " Stokta 10 adetten fazla vardır. / Pakete yedek parçalar ve kullanım kılavuzu dahildir. / 30 °C'de yıkanır. /"
        " Bütün aile için ideal bir hediye. / Uzunluğu 120 cm, genişliği 60 cm, yüksekliği 75 cm, ürün değişir.",
        "cp1254 iso8859-9 cp857",
    ),
    "Latvian": _language(
        "sku,nosaukums,apraksts,cena",
        "krekls kleita bikses jaka cepure cimdi zeķes kurpes karote dakšiņa nazis katls panna šķīvis glāze krēsls galds"
        " atzveltnes skapis spilvens sega dvielis ziepes šampūns spuldze urbjmašīna āmurs skrūvgriezis sarkans dzeltens"
        " zaļš zils melns balts brūns pelēks rozā mīksts koka stikla ādas bērnu sieviešu vīriešu liels mazs ģimene",
        "Izgatavots no kvalitatīvas kokvilnas, piemērots katrai dienai. / Patīkams materiāls, viegli kopjams. /"
        " Noliktavā vairāk nekā 10 gabali. / Komplektā rezerves daļas un lietošanas pamācība. / Mazgāt 30 °C. /"
        " Lieliska dāvana visai ģimenei. / Garums 120 cm, platums 60 cm, augstums 75 cm, žāvē ēnā, čaukst.",
        "cp1257 iso8859-13",
    ),
    "Lithuanian": _language(
        "sku,pavadinimas,aprašymas,kaina",
        "marškiniai suknelė kelnės striukė kepurė pirštinės kojinės batai šaukštas šakutė peilis puodas keptuvė lėkštė"
        " stiklinė kėdė stalas fotelis spinta pagalvė antklodė rankšluostis muilas šampūnas lemputė gręžtuvas plaktukas"
        " atsuktuvas raudonas geltonas žalias mėlynas juodas baltas rudas pilkas rožinis minkštas medinis odinis vaikiškas",
        "Pagaminta iš kokybiškos medvilnės, tinka kasdieniam dėvėjimui. / Malonus audinys, lengvai prižiūrimas. /"
        " Sandėlyje daugiau nei 10 vienetų. / Komplekte yra atsarginės dalys ir naudojimo instrukcija. /"
        " Skalbti 30 °C temperatūroje. / Puiki dovana visai šeimai. / Ilgis 120 cm, plotis 60 cm, aukštis 75 cm, ąžuolas.",
        "cp1257 iso8859-13",
    ),
    "Estonian": _language(
        "sku,nimetus,kirjeldus,hind",
        "särk kleit püksid jope müts kindad sokid kingad lusikas kahvel nuga pott pann taldrik klaas tool laud tugitool"
        " kapp padi tekk rätik seep šampoon lambipirn trell haamer kruvikeeraja punane kollane roheline sinine must"
        " valge pruun hall roosa pehme puidust nahast laste naiste meeste suur väike õun öö võti kõrge žanr",
        "Valmistatud kvaliteetsest puuvillast, sobib igaks päevaks. / Meeldiv materjal, mida on lihtne hooldada. /"
        " Laos üle 10 tüki. / Komplektis on varuosad ja kasutusjuhend. / Pesta 30 °C juures. /"
        " Suurepärane kingitus kogu perele. / Pikkus 120 cm, laius 60 cm, kõrgus 75 cm, hästi õmmeldud.",
        "cp1257 cp1252",
    ),
    "Greek": _language(
        "sku,όνομα,περιγραφή,τιμή",
        "πουκάμισο φόρεμα παντελόνι μπουφάν καπέλο γάντια κάλτσες παπούτσια κουτάλι πιρούνι μαχαίρι κατσαρόλα τηγάνι"
        " πιάτο ποτήρι καρέκλα τραπέζι πολυθρόνα ντουλάπα μαξιλάρι κουβέρτα πετσέτα σαπούνι λάμπα τρυπάνι σφυρί"
        " κατσαβίδι κόκκινο κίτρινο πράσινο μπλε μαύρο λευκό καφέ γκρι ροζ μαλακό ξύλινο γυάλινο δερμάτινο παιδικό",
        "Κατασκευασμένο από ποιοτικό βαμβάκι για κάθε μέρα. / Ευχάριστο υλικό, εύκολο στο καθάρισμα. /"
        " Πάνω από 10 τεμάχια στην αποθήκη. / Περιλαμβάνει ανταλλακτικά και οδηγίες χρήσης. / Πλύσιμο στους 30 °C. /"
        " Ιδανικό δώρο για όλη την οικογένεια. / Μήκος 120 cm, πλάτος 60 cm, ύψος 75 cm.",
        "cp1253 iso8859-7 cp737",
    ),
    "Russian": _language(
        "sku,название,описание,цена",
        "рубашка платье брюки куртка шапка перчатки носки туфли ложка вилка нож кастрюля сковорода тарелка стакан стул"
        " стол кресло шкаф подушка одеяло полотенце мыло шампунь лампочка дрель молоток отвёртка красный жёлтый зелёный"
        " синий чёрный белый коричневый серый розовый мягкий деревянный стеклянный кожаный детский женский мужской",
        "Изготовлено из качественного хлопка на каждый день. / Приятный материал, за которым легко ухаживать. /"
        " На складе более 10 штук. / В комплекте запасные части и инструкция. / Стирать при температуре 30 градусов. /"
        " Отличный подарок для всей семьи. / Длина 120 см, ширина 60 см, высота 75 см.",
        "cp1251 koi8_r cp866 iso8859-5",
    ),
    "Ukrainian": _language(
        "sku,назва,опис,ціна",
        "сорочка сукня штани куртка шапка рукавички шкарпетки черевики ложка виделка ніж каструля сковорода тарілка"
        " склянка стілець стіл крісло шафа подушка ковдра рушник мило шампунь лампочка дриль молоток викрутка червоний"
        " жовтий зелений синій чорний білий коричневий сірий рожевий м'який дерев'яний скляний шкіряний дитячий їжак єдиний",
        "Виготовлено з якісної бавовни на кожен день. / Приємний матеріал, за яким легко доглядати. /"
        " На складі понад 10 штук. / У комплекті запасні частини та інструкція. / Прати при температурі 30 градусів. /"
        " Чудовий подарунок для всієї родини. / Довжина 120 см, ширина 60 см, висота 75 см, ґудзики.",
        "cp1251 koi8_u cp1125",
    ),
    "Bulgarian": _language(
        "sku,име,описание,цена",
        "риза рокля панталон яке шапка ръкавици чорапи обувки лъжица вилица нож тенджера тиган чиния чаша стол маса"
        " фотьойл шкаф възглавница одеяло кърпа сапун шампоан крушка бормашина чук отвертка червен жълт зелен син черен"
        " бял кафяв сив розов мек дървен стъклен кожен детски дамски мъжки голям малък ъглов",
        "Изработено от качествен памук за всеки ден. / Приятен материал, който се поддържа лесно. /"
        " На склад са повече от 10 броя. / Комплектът съдържа резервни части и инструкции. / Пере се на 30 градуса. /"
        " Идеален подарък за цялото семейство. / Дължина 120 см, ширина 60 см, височина 75 см.",
        "cp1251 cp866 iso8859-5",
    ),
    "Hebrew": _language(
        "sku,שם,תיאור,מחיר",
        "חולצה שמלה מכנסיים מעיל כובע כפפות גרביים נעליים כף מזלג סכין סיר מחבת צלחת כוס כיסא שולחן כורסה ארון כרית"
        " שמיכה מגבת סבון שמפו נורה מקדחה פטיש מברג אדום צהוב ירוק כחול שחור לבן חום אפור ורוד רך עץ זכוכית עור ילדים",
        "עשוי מכותנה איכותית לשימוש יומיומי. / חומר נעים וקל לניקוי. / יותר מעשר יחידות במלאי. /"
        " האריזה כוללת חלקי חילוף והוראות שימוש. / ניתן לכביסה במים קרים. / מתנה מושלמת לכל המשפחה. / אורך רוחב וגובה לפי הזמנה.",
        "cp1255 iso8859-8",
    ),
    "Arabic": _language(
        "sku,الاسم,الوصف,السعر",
        "قميص فستان بنطال سترة قبعة قفازات جوارب حذاء ملعقة شوكة سكين قدر مقلاة طبق كوب كرسي طاولة أريكة خزانة وسادة"
        " بطانية منشفة صابون شامبو مصباح مثقاب مطرقة مفك أحمر أصفر أخضر أزرق أسود أبيض بني رمادي وردي ناعم خشبي زجاجي جلدي",
        "مصنوع من القطن عالي الجودة للاستخدام اليومي. / مادة لطيفة وسهلة التنظيف. / أكثر من عشر قطع في المخزن. /"
        " تحتوي العبوة على قطع غيار ودليل الاستخدام. / يغسل بالماء البارد. / هدية مثالية لجميع أفراد العائلة. / الطول والعرض والارتفاع حسب الطلب.",
        "cp1256 iso8859-6",
    ),
    "Thai": _language(
        "sku,ชื่อ,รายละเอียด,ราคา",
        "เสื้อเชิ้ต กระโปรง กางเกง แจ็คเก็ต หมวก ถุงมือ ถุงเท้า รองเท้า ช้อน ส้อม มีด หม้อ กระทะ จาน แก้ว เก้าอี้ โต๊ะ โซฟา ตู้ หมอน"
        " ผ้าห่ม ผ้าเช็ดตัว สบู่ แชมพู หลอดไฟ สว่าน ค้อน ไขควง สีแดง สีเหลือง สีเขียว สีน้ำเงิน สีดำ สีขาว สีน้ำตาล สีเทา สีชมพู นุ่ม ไม้ หนัง เด็ก",
        "ผลิตจากผ้าฝ้ายคุณภาพดี เหมาะสำหรับใช้ทุกวัน / วัสดุนุ่มสบาย ดูแลง่าย / มีสินค้ามากกว่าสิบชิ้นในคลัง /"
        " ชุดประกอบด้วยอะไหล่และคู่มือการใช้งาน / ซักด้วยน้ำเย็น / ของขวัญที่เหมาะสำหรับทั้งครอบครัว / ความยาว ความกว้าง และความสูงตามสั่ง",
        "cp874",
    ),
    "Vietnamese": _language(
        "sku,tên,mô tả,giá",
        "áo váy quần mũ găng tất giày thìa nĩa dao nồi chảo đĩa cốc ghế bàn tủ gối chăn khăn xà-phòng đèn khoan búa đỏ"
        " vàng xanh đen trắng nâu xám hồng mềm gỗ da em nữ nam lớn nhỏ nước",
        "Làm từ vải cotton chất lượng cao, phù hợp hàng ngày. / Chất liệu dễ chịu, dễ bảo quản. / Còn hơn 10 chiếc trong kho. /"
        " Bộ sản phẩm gồm phụ tùng và hướng dẫn sử dụng. / Giặt ở nhiệt độ thấp. / Món quà lý tưởng cho cả gia đình. / Chiều dài 120 cm, rộng 60 cm.",
        "cp1258",
    ),
    "Japanese": _language(
        "sku,商品名,説明,価格",
        "シャツ ワンピース ズボン ジャケット 帽子 手袋 靴下 靴 スプーン フォーク 包丁 鍋 フライパン 皿 グラス 椅子 机 ソファ 棚 枕 毛布 タオル 石鹸"
        " シャンプー 電球 ドリル 金槌 ねじ回し 赤い 黄色い 緑の 青い 黒い 白い 茶色の 灰色の 桃色の 柔らかい 木製 革製 子供用 婦人用 紳士用",
        "高品質の綿で作られており、毎日使えます。 / 肌触りがよく、お手入れも簡単です。 / 在庫は十個以上あります。 /"
        " 予備部品と取扱説明書が付いています。 / 水洗いできます。 / ご家族への贈り物に最適です。 / 長さ120センチ、幅60センチ。",
        "cp932 euc_jp",
    ),
    "Korean": _language(
        "sku,상품명,설명,가격",
        "셔츠 원피스 바지 재킷 모자 장갑 양말 구두 숟가락 포크 칼 냄비 프라이팬 접시 유리잔 의자 책상 소파 옷장 베개 이불 수건 비누 샴푸 전구 드릴 망치"
        " 드라이버 빨간 노란 초록 파란 검은 하얀 갈색 회색 분홍 부드러운 나무 유리 가죽 어린이 여성 남성",
        "고급 면으로 만들어 매일 입기 좋습니다. / 촉감이 좋고 관리하기 쉽습니다. / 재고가 열 개 이상 있습니다. /"
        " 예비 부품과 사용 설명서가 들어 있습니다. / 찬물로 세탁하세요. / 온 가족을 위한 좋은 선물입니다. / 길이 120센티미터, 너비 60센티미터.",
        "cp949 euc_kr",
    ),
    "Simplified Chinese": _language(
        "sku,名称,描述,价格",
        "衬衫 连衣裙 裤子 夹克 帽子 手套 袜子 鞋子 勺子 叉子 刀 锅 平底锅 盘子 玻璃杯 椅子 桌子 沙发 柜子 枕头 毯子 毛巾 肥皂 洗发水 灯泡 电钻 锤子"
        " 螺丝刀 红色 黄色 绿色 蓝色 黑色 白色 棕色 灰色 粉色 柔软 木制 玻璃 皮革 儿童 女士 男士",
        "采用优质棉制成，适合日常穿着。 / 材质舒适，易于清洗。 / 库存超过十件。 / 包装内含备用零件和使用说明书。 / 可用冷水洗涤。 /"
        " 送给全家人的理想礼物。 / 长度120厘米，宽度60厘米。",
        "gb18030 gbk",
    ),
    "Traditional Chinese": _language(
        "sku,名稱,描述,價格",
        "襯衫 連衣裙 褲子 夾克 帽子 手套 襪子 鞋子 湯匙 叉子 刀 鍋 平底鍋 盤子 玻璃杯 椅子 桌子 沙發 櫃子 枕頭 毯子 毛巾 肥皂 洗髮精 燈泡 電鑽 錘子"
        " 螺絲起子 紅色 黃色 綠色 藍色 黑色 白色 棕色 灰色 粉紅 柔軟 木製 玻璃 皮革 兒童 女士 男士",
        "採用優質棉製成，適合日常穿著。 / 材質舒適，易於清洗。 / 庫存超過十件。 / 包裝內含備用零件和使用說明書。 / 可用冷水洗滌。 /"
        " 送給全家人的理想禮物。 / 長度120公分，寬度60公分。",
        "big5",
    ),
}

PAIRS: Final = tuple(
    (name, encoding) for name, language in LANGUAGES.items() for encoding in language.encodings
)


def catalogue(name: str, rows: int, *, seed: int = 0, capitals: bool = False) -> str:
    """The text of a catalogue in one language, the same for the same arguments."""
    language = LANGUAGES[name]
    rng = random.Random(f"{name} {seed}")
    lines = [language.header]
    for row in range(1, rows + 1):
        things = " ".join(rng.sample(language.words, rng.choice((1, 2, 2, 3))))
        description = " ".join(rng.sample(language.sentences, rng.choice((0, 1, 1, 2))))
        things = things.upper() if capitals else things
        lines.append(f'AB-{row:05},{things},"{description}",{rng.randrange(100, 90000) / 100:.2f}')
    return "\r\n".join(lines) + "\r\n"


def written(text: str, encoding: str) -> tuple[bytes, str]:
    """The text's bytes, without what the encoding can't write, and the text that they stand for."""
    if encoding == "cp1258":  # marks of tones are characters of their own there
        text = _with_marks(text)
    data = text.encode(encoding, "ignore")
    return data, data.decode(encoding)


def _with_marks(text: str) -> str:
    marks = "\u0300\u0301\u0303\u0309\u0323"
    made = []
    for char in text:
        try:
            char.encode("cp1258")
            made.append(char)
        except UnicodeEncodeError:
            parts = normalize("NFD", char)
            mark = next((part for part in parts if part in marks), "")
            made.append(normalize("NFC", parts.replace(mark, "", 1) if mark else parts) + mark)
    return "".join(made)
