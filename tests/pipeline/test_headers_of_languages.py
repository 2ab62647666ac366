"""Headers as shops and programs write them in their languages, and the fields they are taken for."""

import pytest

from product_importer.fields import FIELDS
from product_importer.model import ImportOptions
from product_importer.pipeline.mapping import resolve_mapping

# The header, and the columns of sku, name, description, price, active, barcode and stock.
HEADERS = {
    "German list": (
        "Artikelnummer;Bezeichnung;Beschreibung;Preis;Aktiv",
        "Artikelnummer;Bezeichnung;Beschreibung;Preis;Aktiv;-;-",
    ),
    "German list, short": ("Art.-Nr.;Artikel;Name;VK;Bestand;EAN", "Art.-Nr.;Name;-;VK;-;EAN;Bestand"),
    "German, name and designation": (
        "Artikelnr;Titel;Bezeichnung;Lager;Menge;Preis in €",
        "Artikelnr;Titel;-;Preis in €;-;-;Lager",
    ),
    "WooCommerce, German": (
        (
            "ID;Typ;Artikelnummer;GTIN, UPC, EAN oder ISBN;Name;Veröffentlicht;Sichtbarkeit im Katalog;"
            "Kurzbeschreibung;Beschreibung;Vorrätig?;Bestand;Gewicht (kg);Angebotspreis;Regulärer Preis"
        ),
        "Artikelnummer;Name;Beschreibung;Regulärer Preis;Veröffentlicht;GTIN, UPC, EAN oder ISBN;Bestand",
    ),
    "WooCommerce, French": (
        (
            "ID;Type;UGS;GTIN, UPC, EAN ou ISBN;Nom;Publié;Mis en avant ?;Description courte;Description;"
            "En stock ?;Stock;Tarif promo;Tarif régulier;Catégories"
        ),
        "UGS;Nom;Description;Tarif régulier;Publié;GTIN, UPC, EAN ou ISBN;Stock",
    ),
    "French list": (
        "Réf.;Désignation;Prix TTC;Quantité en stock;Code-barres;Nombre de pièces",
        "Réf.;Désignation;-;Prix TTC;-;Code-barres;Quantité en stock",
    ),
    "WooCommerce, Spanish": (
        (
            "ID;Tipo;SKU;Nombre;Publicado;Descripción corta;Descripción;¿Existencias?;Inventario;"
            "Precio rebajado;Precio normal"
        ),
        "SKU;Nombre;Descripción;Precio normal;Publicado;-;Inventario",
    ),
    "Spanish list": (
        "Referencia;Nombre;Precio (EUR);Existencias;Código de barras;Activo",
        "Referencia;Nombre;-;Precio (EUR);Activo;Código de barras;Existencias",
    ),
    "Italian list": (
        "Codice articolo;Nome;Descrizione;Prezzo;Giacenza;Codice a barre;Attivo",
        "Codice articolo;Nome;Descrizione;Prezzo;Attivo;Codice a barre;Giacenza",
    ),
    "Portuguese list": (
        "Código do produto;Nome;Descrição;Preço;Situação;Estoque;GTIN/EAN",
        "Código do produto;Nome;Descrição;Preço;Situação;GTIN/EAN;Estoque",
    ),
    "Dutch list": (
        "Artikelnummer;Naam;Beschrijving;Prijs;Voorraad;Actief;EAN-code",
        "Artikelnummer;Naam;Beschrijving;Prijs;Actief;EAN-code;Voorraad",
    ),
    "WooCommerce, Dutch": (
        "ID;Type;SKU;Naam;Gepubliceerd;Beschrijving;Op voorraad?;Voorraad;Actieprijs;Reguliere prijs",
        "SKU;Naam;Beschrijving;Reguliere prijs;Gepubliceerd;-;Voorraad",
    ),
    "Polish list": (
        "Kod produktu;Nazwa;Opis;Cena (zł);Stan magazynowy;Aktywny;Kod kreskowy",
        "Kod produktu;Nazwa;Opis;Cena (zł);Aktywny;Kod kreskowy;Stan magazynowy",
    ),
    "Czech list": (
        "Katalogové číslo;Název;Popis;Cena s DPH;Skladem?;Množství na skladě;Čárový kód",
        "Katalogové číslo;Název;Popis;Cena s DPH;-;Čárový kód;Množství na skladě",
    ),
    "Swedish list": (
        "Artikelnummer;Benämning;Försäljningspris;Lagersaldo;Streckkod;Aktiv",
        "Artikelnummer;Benämning;-;Försäljningspris;Aktiv;Streckkod;Lagersaldo",
    ),
    "Danish list": (
        "Varenummer;Navn;Beskrivelse;Pris;Lagerbeholdning;Stregkode",
        "Varenummer;Navn;Beskrivelse;Pris;-;Stregkode;Lagerbeholdning",
    ),
    "Turkish list": (
        "Barkod;Model Kodu;Stok Kodu;Ürün Adı;Ürün Açıklaması;Satış Fiyatı (KDV Dahil);Ürün Stok Adedi",
        "Stok Kodu;Ürün Adı;Ürün Açıklaması;Satış Fiyatı (KDV Dahil);-;Barkod;Ürün Stok Adedi",
    ),
    "Russian list": (
        "Артикул;Наименование;Описание;Цена, руб.;Остаток;Штрихкод",
        "Артикул;Наименование;Описание;Цена, руб.;-;Штрихкод;Остаток",
    ),
    "WooCommerce, Russian": (
        "ID;Тип;Артикул;Имя;Опубликован;Описание;В наличии?;Запасы;Акционная цена;Базовая цена",
        "Артикул;Имя;Описание;Базовая цена;Опубликован;-;Запасы",
    ),
    "Chinese list": (
        "商品编码;商品名称;描述;价格;状态;条码;库存",
        "商品编码;商品名称;描述;价格;状态;条码;库存",
    ),
    "Chinese list, traditional": (
        "貨號;商品名稱;售價（元）;庫存數量",
        "貨號;商品名稱;-;售價（元）;-;-;庫存數量",
    ),
    "Japanese list": (
        "商品コード;商品名;商品説明;販売価格（税込）;在庫数;JANコード",
        "商品コード;商品名;商品説明;販売価格（税込）;-;JANコード;在庫数",
    ),
    "Korean list": (
        "판매자 상품코드;상품명;판매가;재고수량;상품상태;바코드",
        "판매자 상품코드;상품명;-;판매가;상품상태;바코드;재고수량",
    ),
    "English with remarks": (
        "SKU *;Product Name (required);Price*;Active?;Stock (pcs)",
        "SKU *;Product Name (required);-;Price*;Active?;-;Stock (pcs)",
    ),
}


@pytest.mark.parametrize("name", HEADERS)
def test_its_columns_are_recognised(name):
    header, columns = HEADERS[name]
    mapping = resolve_mapping(header.split(";"), ImportOptions())
    found = [mapping.column_of(field) or "-" for field in FIELDS]
    assert found == columns.split(";")
