"""The names of the product fields in the headers of other languages' files.

English names are in :mod:`product_importer.fields`. Here the names of a field are separated by ``;``, the
likeliest first. Names after ``|`` are lesser ones: they are taken only if no column has another name of the
field, because they often mean something else as well.

Left out are words that name other things as often: those for "number", "code", "product" and "article". A
file with such a column only leads to a refusal that suggests the column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Language:
    """``sources``: the programs whose exports use these words, besides lists made by hand."""

    name: str
    sources: str
    sku: str
    title: str
    description: str
    price: str
    active: str
    barcode: str
    stock: str

    def names_of(self, field: str) -> str:
        """The names of a product's field, as they are written here."""
        names: str = getattr(self, "title" if field == "name" else field)
        return names


LANGUAGES: Final = (
    Language(
        "German",
        "WooCommerce, PrestaShop, Shopware, JTL-Wawi, Lexware, sevDesk, Billbee",
        sku="Artikelnummer; Artikelnr; Art Nr; Produktnummer; Artikelcode; "
        "Produktcode; Materialnummer; Teilenummer; Sachnummer | Bestellnummer; Bestellnr",
        title="Artikelname; Produktname; Titel; Produkttitel; Artikelbezeichnung; Produktbezeichnung; "
        "Bezeichnung",
        description="Beschreibung; Produktbeschreibung; Artikelbeschreibung; Langbeschreibung",
        price="Preis; Verkaufspreis; VK-Preis; Regulärer Preis; Produktpreis; Artikelpreis "
        "| VK; Listenpreis; Ladenpreis",
        active="Aktiv; Ist aktiv; Aktiviert; Artikel aktiv | Veröffentlicht; Produktstatus; Artikelstatus",
        barcode="Strichcode; EAN-Code; GTIN/EAN; EAN/GTIN; EAN-Nummer; GTIN, UPC, EAN oder ISBN",
        stock="Lagerbestand; Bestand; Lagermenge; Verfügbarer Bestand; Verfügbare Menge; Vorrat "
        "| Lager; Menge",
    ),
    Language(
        "French",
        "WooCommerce, PrestaShop, Ciel, EBP",
        sku="UGS; Référence; Réf; Référence produit; Référence article; Réf produit; Réf article; "
        "Code produit; Code article; Numéro d'article",
        title="Nom; Nom du produit; Nom produit; Nom de l'article; Titre; Titre du produit; Désignation; "
        "Libellé",
        description="Description du produit; Description produit; Description longue; Descriptif",
        price="Prix; Tarif régulier; Prix de vente; Prix du produit | Prix public; Tarif",
        active="Actif; Activé; Est actif | Publié; Statut; Statut du produit",
        barcode="Code-barres; Code barre; Code EAN; EAN 13; GTIN, UPC, EAN ou ISBN",
        stock="Quantité en stock; Stock disponible; Quantité disponible; Inventaire | Quantité",
    ),
    Language(
        "Spanish",
        "WooCommerce, PrestaShop, Tiendanube, Holded",
        sku="Referencia; Referencia del producto; Código de producto; Código del producto; "
        "Código de artículo; Código artículo; Número de artículo",
        title="Nombre; Nombre del producto; Nombre producto; Nombre del artículo; Título; "
        "Título del producto; Denominación",
        description="Descripción; Descripción del producto; Descripción larga",
        price="Precio; Precio normal; Precio de venta; Precio venta; PVP; Precio del producto "
        "| Precio de lista",
        active="Activo; Activado; Está activo; Habilitado | Publicado; Estado",
        barcode="Código de barras; Código EAN; GTIN, UPC, EAN o ISBN",
        stock="Inventario; Existencias; Cantidad en stock; Stock disponible; Cantidad disponible | Cantidad",
    ),
    Language(
        "Italian",
        "WooCommerce, PrestaShop, Danea Easyfatt, Fatture in Cloud",
        sku="Codice articolo; Cod. articolo; Codice prodotto; Cod. prodotto; Riferimento; Numero articolo",
        title="Nome; Nome prodotto; Nome del prodotto; Nome articolo; Titolo; Titolo prodotto; Denominazione",
        description="Descrizione; Descrizione prodotto; Descrizione lunga; Descrizione estesa",
        price="Prezzo; Prezzo di vendita; Prezzo vendita; Prezzo prodotto | Prezzo di listino",
        active="Attivo; Attivato; Abilitato | Pubblicato; Stato",
        barcode="Codice a barre; Cod. a barre; Codice EAN; GTIN, UPC, EAN o ISBN",
        stock="Giacenza; Q.tà in giacenza; Quantità in magazzino; Quantità disponibile "
        "| Magazzino; Quantità; Q.tà",
    ),
    Language(
        "Portuguese",
        "WooCommerce, PrestaShop, Bling, Nuvemshop, Tray",
        sku="Referência; Código do produto; Código produto; Código do artigo; Código (SKU)",
        title="Nome; Nome do produto; Nome produto; Nome do artigo; Título; Título do produto; Designação",
        description="Descrição; Descrição do produto; Descrição completa; Descrição longa",
        price="Preço; Preço de venda; Preço venda; Preço normal; Preço do produto | Valor de venda",
        active="Ativo; Activo; Ativado; Habilitado | Publicado; Situação; Estado",
        barcode="Código de barras; Cód. de barras; Código EAN; GTIN, UPC, EAN ou ISBN",
        stock="Estoque; Quantidade em estoque; Quantidade em stock; Estoque disponível; Existências "
        "| Quantidade; Inventário",
    ),
    Language(
        "Dutch",
        "WooCommerce, PrestaShop, Lightspeed, Exact Online, bol.com",
        sku="Artikelnummer; Artikelnr; Artikelcode; Productcode; Productnummer; Art.nr",
        title="Naam; Productnaam; Artikelnaam; Titel; Producttitel; Benaming",
        description="Beschrijving; Productbeschrijving; Lange beschrijving; Artikelbeschrijving",
        price="Prijs; Verkoopprijs; Reguliere prijs; Productprijs | Adviesprijs; Winkelprijs",
        active="Actief; Is actief; Geactiveerd; Ingeschakeld | Gepubliceerd",
        barcode="Streepjescode; EAN-code; GTIN, UPC, EAN of ISBN",
        stock="Voorraad; Voorraadaantal; Beschikbare voorraad | Aantal; Hoeveelheid",
    ),
    Language(
        "Polish",
        "WooCommerce, PrestaShop, BaseLinker, Subiekt",
        sku="Kod produktu; Numer katalogowy; Nr katalogowy; Numer artykułu; Indeks produktu; Kod towaru; "
        "Symbol produktu | Indeks",
        title="Nazwa; Nazwa produktu; Nazwa towaru; Tytuł; Nazwa artykułu",
        description="Opis; Opis produktu; Długi opis; Pełny opis",
        price="Cena; Cena regularna; Cena sprzedaży; Cena produktu | Cena katalogowa; Cena detaliczna",
        active="Aktywny; Aktywne; Aktywna; Włączony | Opublikowano; Opublikowany; Status produktu",
        barcode="Kod kreskowy; Kod EAN",
        stock="Stan magazynowy; Stany magazynowe; Ilość w magazynie; Dostępna ilość | Ilość",
    ),
    Language(
        "Czech",
        "WooCommerce, PrestaShop, Shoptet, Pohoda",
        sku="Katalogové číslo; Kód produktu; Kód zboží; Číslo produktu; Číslo zboží; Číslo položky",
        title="Název; Název produktu; Název zboží; Jméno produktu; Titulek",
        description="Popis; Popis produktu; Popis zboží; Dlouhý popis; Podrobný popis",
        price="Cena; Běžná cena; Prodejní cena; Cena produktu | Katalogová cena",
        active="Aktivní; Povoleno; Zapnuto | Publikováno; Zveřejněno",
        barcode="Čárový kód; Kód EAN",
        stock="Stav skladu; Počet skladem; Množství na skladě; Zásoby | Množství",
    ),
    Language(
        "Swedish",
        "WooCommerce, PrestaShop, Fortnox, Visma",
        sku="Artikelnummer; Artikelnr; Artnr; Produktnummer; Produktkod; Artikelkod; Varunummer",
        title="Namn; Produktnamn; Artikelnamn; Titel; Produkttitel; Benämning; Artikelbenämning",
        description="Beskrivning; Produktbeskrivning; Lång beskrivning; Artikelbeskrivning",
        price="Pris; Försäljningspris; Ordinarie pris; Produktpris; Utpris | Listpris; Butikspris",
        active="Aktiv; Aktiverad; Är aktiv | Publicerad",
        barcode="Streckkod; EAN-kod; GTIN, UPC, EAN eller ISBN",
        stock="Lagersaldo; Lagerantal; Antal i lager; Disponibelt saldo | Lager; Antal",
    ),
    Language(
        "Danish",
        "WooCommerce, PrestaShop, e-conomic, Dinero, DanDomain",
        sku="Varenummer; Varenr; Produktnummer; Produktnr; Produktkode; Varekode",
        title="Navn; Varenavn; Produktnavn; Titel; Produkttitel; Varebetegnelse; Betegnelse",
        description="Beskrivelse; Produktbeskrivelse; Varebeskrivelse; Lang beskrivelse",
        price="Pris; Salgspris; Normalpris; Produktpris; Udsalgspris | Listepris",
        active="Aktiv; Aktiveret; Er aktiv | Udgivet; Offentliggjort",
        barcode="Stregkode; EAN-nummer; EAN-kode; GTIN, UPC, EAN eller ISBN",
        stock="Lagerbeholdning; Beholdning; Antal på lager; Lagerantal | Lager; Antal",
    ),
    Language(
        "Turkish",
        "WooCommerce, Trendyol, Hepsiburada, ikas, Logo",
        sku="Stok kodu; Ürün kodu; Satıcı stok kodu; Malzeme kodu; Ürün numarası; Ürün no",
        title="Ürün adı; Ürün ismi; İsim; Başlık; Ürün başlığı; Stok adı | Ad; Adı",
        description="Açıklama; Ürün açıklaması; Uzun açıklama; Detaylı açıklama",
        price="Fiyat; Satış fiyatı; Normal fiyat; Ürün fiyatı | Liste fiyatı",
        active="Aktif; Etkin; Aktif mi | Yayımlanmış; Yayınlandı; Durum; Ürün durumu",
        barcode="Barkod; Barkod no; Barkod numarası; EAN kodu",
        stock="Stok; Stok adedi; Stok miktarı; Ürün stok adedi; Stok sayısı | Miktar; Adet",
    ),
    Language(
        "Russian",
        "WooCommerce, 1C, InSales, Ozon, Wildberries, MoySklad",
        sku="Артикул продавца; Артикул; Артикул товара; Код товара; Номер товара; Код продукта",
        title="Название; Наименование; Название товара; Наименование товара; Имя; Имя товара; "
        "Заголовок; Номенклатура",
        description="Описание; Описание товара; Полное описание; Подробное описание",
        price="Цена; Базовая цена; Цена продажи; Цена товара; Обычная цена | Розничная цена",
        active="Активен; Активно; Активность; Включен; Включено | Опубликован; Опубликовано; Статус",
        barcode="Штрихкод; Код EAN; GTIN, UPC, EAN или ISBN",
        stock="Остаток; Остатки; Запас; Запасы; Остаток на складе; Количество на складе | Количество",
    ),
    Language(
        "Chinese",
        "WooCommerce, Taobao, Jushuitan, Kingdee, Youzan",
        sku="商家编码; 商品编码; 货号; 商品货号; 产品编码; 产品编号; 商品编号; 商品代码; 产品代码; "
        "物料编码; SKU编码; 商品編號; 貨號; 商品貨號; 產品編號; 產品代碼",
        title="商品名称; 产品名称; 名称; 商品标题; 产品标题; 标题; 品名; 宝贝名称; 宝贝标题; 物料名称; "
        "商品名稱; 產品名稱; 名稱; 標題",
        description="描述; 商品描述; 产品描述; 商品详情; 产品详情; 详细描述; 產品描述; 商品說明",
        price="价格; 售价; 销售价; 销售价格; 商品价格; 常规售价; 产品价格; 價格; 售價; 銷售價格 "
        "| 单价; 單價; 零售价; 标价; 定价; 定價",
        active="启用; 是否启用; 是否上架; 上架; 上架状态; 啟用 "
        "| 状态; 商品状态; 销售状态; 已发布; 狀態; 商品狀態",
        barcode="条码; 条形码; 商品条码; 商品条形码; 國際條碼; 條碼; 商品條碼",
        stock="库存; 库存数量; 库存量; 可用库存; 商品库存; 庫存; 庫存數量; 庫存量 | 数量; 數量",
    ),
    Language(
        "Japanese",
        "WooCommerce, Rakuten, Yahoo! Shopping, MakeShop, Smaregi",
        sku="商品コード; 商品番号; 品番; 商品管理番号; 製品コード; 製品番号; 独自商品コード; "
        "SKUコード; 品目コード",
        title="商品名; 製品名; 名前; 商品名称; 品名; タイトル; 商品タイトル; 名称; 品目名",
        description="説明; 商品説明; 商品説明文; 説明文; 商品詳細; 製品説明; 詳細説明",
        price="価格; 販売価格; 通常価格; 通常販売価格; 商品価格; 売価; 商品単価 | 単価; 標準価格; 定価",
        active="有効; 有効フラグ; 公開; 公開状態 "
        "| ステータス; 公開済み; 公開ステータス; 販売ステータス; 状態",
        barcode="バーコード; JANコード; EANコード; JAN/EAN",
        stock="在庫; 在庫数; 在庫数量; 在庫量; 現在庫数 | 数量",
    ),
    Language(
        "Korean",
        "WooCommerce, Cafe24, Naver Smart Store, Coupang",
        sku="판매자 상품코드; 자체 상품코드; 상품코드; 제품코드; 제품번호; 품번; 품목코드; 업체상품코드; "
        "SKU 코드",
        title="상품명; 제품명; 이름; 품목명; 상품 이름; 제품 이름; 제목; 품명",
        description="설명; 상품설명; 제품설명; 상세설명; 상품 상세설명; 상품상세",
        price="가격; 판매가; 판매가격; 정상 가격; 상품가격; 판매단가 | 소비자가; 정가; 단가",
        active="활성; 활성화; 사용여부; 판매여부; 진열상태 | 상태; 판매상태; 상품상태; 공개됨",
        barcode="바코드; 상품 바코드; EAN 코드",
        stock="재고; 재고수량; 재고량; 현재고; 재고 수 | 수량",
    ),
)

WITH_ACCENTS_ONLY: Final = frozenset({"reference", "ref"})
"""Words that without their accents are English ones, which mean something else as often."""
