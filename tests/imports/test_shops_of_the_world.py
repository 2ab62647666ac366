"""A small export of each of further shops: which products come of it, and what is asked about it."""

from dataclasses import dataclass

import pytest

from product_importer.model import Status


@pytest.fixture
def server(postgres_18):
    return postgres_18


@dataclass(frozen=True)
class Case:
    """``products``: "SKU | name | price | active | stock" of each; a blank is none. ``asked``: the code of
    the question, which gets its first answer.
    """

    shop: str
    lines: str
    products: str
    skipped: int = 0
    asked: str | None = None


CASES = (
    Case(
        "wix",
        """
handleId,fieldType,name,description,sku,price,surcharge,visible,inventory,productOptionDescription1
p1,Product,Linen shirt,<p>Soft</p>,LS,49.0,,true,InStock,S;M
p1,Variant,,,LS-S,,0.0,true,3,S
p1,Variant,,,LS-M,,4.0,false,0,M
p2,Product,Cup,,CUP,12.5,,false,OutOfStock,
        """,
        """
LS | Linen shirt | 49 | yes |
LS-S | Linen shirt | 49 | yes | 3
LS-M | Linen shirt | | no | 0
CUP | Cup | 12.5 | no | 0
        """,
    ),
    Case(
        "squarespace",
        """
Product Type [Non Editable],Product URL,Title,Description,SKU,Option Value 1,Price,Stock,Visible
PHYSICAL,mug,Mug,<p>x</p>,SQ1,Red,20.00,7,Yes
,,,,SQ2,Blue,21.00,4,
PHYSICAL,hat,Hat,,SQ3,,30.00,0,No
        """,
        "SQ1 | Mug | 20 | yes | 7\nSQ2 | Mug | 21 | yes | 4\nSQ3 | Hat | 30 | no | 0",
    ),
    Case(
        "tilda",
        """
"Tilda UID";"SKU";"Category";"Title";"Text";"Price";"Quantity";"Parent UID"
"480";"";"Чай";"Чай зелёный";"<p>x</p>";"";"";""
"481";"TEA-50";"";"Чай зелёный - 50 г";"";"450";"12";"480"
"482";"TEA-99";"";"";"";"790.5";"";"480"
"483";"CUP";"Посуда";"Чашка";"";"1200";"3";""
        """,
        """
TEA-50 | Чай зелёный - 50 г | 450 | yes | 12
TEA-99 | Чай зелёный | 790.5 | yes |
CUP | Чашка | 1200 | yes | 3
        """,
        skipped=1,
    ),
    Case(
        "ebay",
        """
Item number,Title,Variation details,Custom label (SKU),Available quantity,Currency,Start price,Current price
126001,Card,,A-1,3,USD,$4.99,$4.50
126002,Shirt,,,2,USD,$10.00,$12.00
126002,,Size=M,SH-M,1,USD,$10.00,$12.00
        """,
        """
A-1 | Card | 4.5 | yes | 3
126002 | Shirt | 12 | yes | 2
SH-M | Shirt | 12 | yes | 1
        """,
        asked="no_skus",
    ),
    Case(
        "etsy",
        """
TITLE,DESCRIPTION,PRICE,CURRENCY_CODE,QUANTITY,TAGS,SKU
"Fern print, old","A print, new",16.00,USD,5,"a,b",FERN
Mug,x,20.00,USD,3,,
        """,
        "FERN | Fern print, old | 16 | yes | 5\nMug | Mug | 20 | yes | 3",
        asked="no_skus",
    ),
    Case(
        "shopware5",
        """
ordernumber;mainnumber;name;price_EK;pseudoprice_EK;active;instock;description_long;ean
SW1;SW1;Hemd;49.95;59.95;1;12;<p>x</p>;4006381333931
SW1.1;SW1;;49.95;;1;0;;
SW2;SW2;Hose;89.9;;0;3;;
        """,
        "SW1 | Hemd | 49.95 | yes | 12\nSW1.1 | Hemd | 49.95 | yes | 0\nSW2 | Hose | 89.9 | no | 3",
    ),
    Case(
        "shopware5",
        """
ordernumber;price;pricegroup;from;pseudoprice;_name
SW1;59,99;EK;1;0;Korn
SW1;55;EK;10;0;Korn
SW1;40,5;H;1;0;Korn
        """,
        "SW1 | Korn | 59.99 | yes |",
        skipped=2,
    ),
    Case(
        "shopware6",
        """
id;parent_id;product_number;active;stock;name;price_net;price_gross;ean
0a;;SW1;1;10;Hemd;41.97;49.95;4006381333931
0b;0a;SW1.1;;4;;;;
0c;;SW2;0;0;Hose;75.55;89.9;
        """,
        "SW1 | Hemd | 49.95 | yes | 10\nSW1.1 | Hemd | 49.95 | yes | 4\nSW2 | Hose | 89.9 | no | 0",
    ),
    Case(
        "oxid",
        """
OXID;OXPARENTID;OXACTIVE;OXARTNUM;OXTITLE;OXLONGDESC;OXPRICE;OXSTOCK;OXEAN
a1;;1;2001;Brett;<p>x</p>;119;5;4006381333931
a2;a1;1;2001-1;;;125.5;2;
a3;;0;2002;Segel;;0;0;
        """,
        "2001 | Brett | 119 | yes | 5\n2001-1 | Brett | 125.5 | yes | 2\n2002 | Segel | 0 | no | 0",
    ),
    Case(
        "gambio",
        """
"XTSOL"|"p_id"|"p_model"|"p_stock"|"p_priceNoTax"|"p_status"|"p_ean"|"p_name.de"|"p_desc.de"
"XTSOL"|"1"|"AB-1"|"12.0000"|"8.3950"|"1"|"4006381333931"|"Teekanne"|"<p>x</p>"
"XTSOL"|"2"|"AB-2"|"0.0000"|"25.2017"|"0"|""|"Tasse"|""
        """,
        "AB-1 | Teekanne | 8.395 | yes | 12\nAB-2 | Tasse | 25.2017 | no | 0",
    ),
    Case(
        "rakuten",
        """
商品管理番号（商品URL）,商品名,SKU管理番号,システム連携用SKU番号,通常購入販売価格,在庫数
tea,緑茶 やぶきた,,,,
tea,,tea-50,TEA50,540,12
tea,,tea-100,TEA100,980,0
        """,
        "TEA50 | 緑茶 やぶきた | 540 | yes | 12\nTEA100 | 緑茶 やぶきた | 980 | yes | 0",
        skipped=1,
    ),
    Case(
        "yahoo_japan",
        """
path,name,code,sub-code,original-price,price,explanation,jan,display
お茶,緑茶 やぶきた,tea100,,,1080,<b>説明</b>,4901234567894,1
器,湯呑み,cup1,,2000,1500,,,0
        """,
        "tea100 | 緑茶 やぶきた | 1080 | yes |\ncup1 | 湯呑み | 1500 | no |",
    ),
    Case(
        "opencart",
        """
product_id,name(en-gb),sku,upc,quantity,model,price,status
28,Phone,,,939,Product 1,100.5,true
29,Palm,P-29,,0,Product 2,279.99,false
        """,
        "Product 1 | Phone | 100.5 | yes | 939\nP-29 | Palm | 279.99 | no | 0",
    ),
    Case(
        "lightspeed",
        """
Internal_ID;Internal_Variant_ID;Visible;NL_Title_Short;Price;Article_Code;EAN;SKU;Stock_Level
1;11;S;Fiets;899.00;FIETS-1;8712345678906;;3
2;12;N;Bel;9.95;;;BEL-1;0
        """,
        "FIETS-1 | Fiets | 899 | yes | 3\nBEL-1 | Bel | 9.95 | no | 0",
    ),
    Case(
        "shopee",
        """
et_title_product_id,et_title_product_name,et_title_variation_name,et_title_parent_sku,et_title_variation_sku,et_title_variation_price,et_title_variation_stock
sales_info,5f2,0,745,{},,
รหัสสินค้า,ชื่อสินค้า,ชื่อตัวเลือก,,,ราคา,คลัง
,,,,,Mandatory,Mandatory
2231,Teh Hijau,50g,TEH,TEH-50,25000,14
2232,Cangkir,,CUP,,12500,3
        """,
        "TEH-50 | Teh Hijau | 25000 | yes | 14\nCUP | Cangkir | 12500 | yes | 3",
        skipped=3,
    ),
    Case(
        "tiendanube",
        """
Identificador de URL;Nombre;Valor de propiedad 1;Precio;Stock;SKU;Mostrar en tienda;Descripción
remera;Remera;S;1500.50;5;REM-S;SÍ;<p>x</p>
remera;;M;1500.50;0;REM-M;;
gorra;Gorra;;2500.00;;GOR;NO;
        """,
        "REM-S | Remera | 1500.5 | yes | 5\nREM-M | Remera | 1500.5 | yes | 0\nGOR | Gorra | 2500 | no |",
    ),
    Case(
        "akeneo",
        """
sku;categories;enabled;family;groups;name-en_US;description-en_US-ecommerce;price-EUR
ak1;a,b;1;shirts;;Shirt;Long;49.95
ak2;a;0;shirts;;Shoe;;89.90
        """,
        "ak1 | Shirt | 49.95 | yes |\nak2 | Shoe | 89.9 | no |",
    ),
    Case(
        "erpnext",
        """
ID,Item Code,Item Name,Item Group,Disabled,Standard Selling Rate
B1,B1,Bolt,Raw,0,12.5
N1,N1,Nut,Raw,1,3
        """,
        "B1 | Bolt | 12.5 | yes |\nN1 | Nut | 3 | no |",
    ),
    Case(
        "jtl",
        """
"Artikelnummer";"Artikelname";"Brutto-VK";"Netto-VK";"Lagerbestand gesamt";"Ist aktiv"
"10017";"Teekanne";"29,95";"25,17";"12";"Y"
"10018";"Tasse";"1.299,00";"1.091,60";"0";"N"
        """,
        "10017 | Teekanne | 29.95 | yes | 12\n10018 | Tasse | 1299 | no | 0",
    ),
    Case(
        "heureka",
        "ITEM_ID,PRODUCTNAME,PRICE_VAT,EAN\nAB1,Telefon,6000.50,6417182041488",
        "AB1 | Telefon | 6000.5 | yes |",
    ),
    Case(
        "yandex_market",
        "id,available,price,currencyId,categoryId,name,vendorCode\n9012,true,450.50,RUB,2,Чай,TEA-1",
        "9012 | Чай | 450.5 | yes |",
    ),
    Case(
        "saleor",
        """
id,name,product type,variant sku,w (warehouse quantity),main (channel published),main (channel price amount)
UHJvZHVjdDox,Juice,Drink,AJ-1,100,True,3.00
UHJvZHVjdDox,Juice,Drink,AJ-2,0,False,5.50
        """,
        "AJ-1 | Juice | 3 | yes | 100\nAJ-2 | Juice | 5.5 | no | 0",
    ),
    Case(
        "square",
        """
Token,Item Name,Variation Name,SKU,Archived,Price,Current Quantity Main Street
T1,Mug,Regular,SQ-1,N,12.00,4
T3,Gift,Regular,SQ-3,Y,variable,
        """,
        "SQ-1 | Mug | 12 | yes | 4\nSQ-3 | Gift | | no |",
    ),
    Case(
        "taobao",
        "宝贝名称\t宝贝价格\t宝贝数量\t商家编码\n绿茶 50克\t35.00\t12\tTEA-50",
        "TEA-50 | 绿茶 50克 | 35 | yes | 12",
    ),
    Case(
        "woocommerce",
        """
ID,Typ,Artikelnummer,Name,Veröffentlicht,Beschreibung,Bestand,Regulärer Preis,Übergeordnetes Produkt
10,variable,HM,Hemd,1,lang,,,
11,variation,HM-S,Hemd - S,1,,4,"49,9",HM
12,variation,HM-M,,0,,0,"49,9",id:10
        """,
        "HM | Hemd | | yes |\nHM-S | Hemd - S | 49.9 | yes | 4\nHM-M | Hemd | 49.9 | no | 0",
    ),
    Case(
        "woocommerce",
        """
ID,Type,UGS,Nom,Publié,Stock,Tarif régulier,Parent
10,variable,CH,Chemise,1,,,
11,variation,CH-S,,,4,"49,9",id:10
        """,
        "CH | Chemise | | yes |\nCH-S | Chemise | 49.9 | yes | 4",
    ),
    Case(
        "woocommerce",
        """
ID,Tipo,SKU,Nombre,Publicado,Descripción,Inventario,Precio rebajado,Precio normal,Superior
10,variable,CA,Camisa,1,larga,,,,
11,variation,CA-S,,1,,4,,"49,9",CA
        """,
        "CA | Camisa | | yes |\nCA-S | Camisa | 49.9 | yes | 4",
    ),
    Case(
        "tiendanube",
        """
Identificador URL;Nome;Valor da variação 1;Preço;Preço promocional;Estoque;SKU;Exibir na loja
camisa;Camisa;P;49,90;;3;;SIM
camisa;;M;49,90;;0;;
        """,
        "camisa-M | Camisa | 49.9 | yes | 0\ncamisa-P | Camisa | 49.9 | yes | 3",
        asked="no_skus",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=[f"{number}-{case.shop}" for number, case in enumerate(CASES)])
async def test_a_shops_export(shop, case):
    importer = await shop.importer()
    report = await shop.run(case.lines.strip() + "\n")
    if case.asked is not None:
        assert report.status is Status.WAITING
        (question,) = report.state.questions
        assert question.code == case.asked
        await importer.imports.answer(report.id, question.given(question.answers[0].value))
        report = await importer.imports.start(report.id)

    assert [str(row.errors[0]) for row in report.rejected] == []
    assert report.counts.skipped == case.skipped
    assert sorted(map(told, (await shop.products()).values())) == sorted(
        "|".join(cell.strip() for cell in line.split("|")) for line in case.products.strip().splitlines()
    )
    assert report.warnings["read_as_shop"] == 1


def told(product):
    price, stock = product["price"], product["stock"]
    cells = (
        product["sku"],
        product["name"],
        "" if price is None else f"{price:f}".rstrip("0").rstrip("."),
        "yes" if product["active"] else "no",
        "" if stock is None else str(stock),
    )
    return "|".join(cells)
