"""A text whose encoding is not declared is read as its languages are written."""

import pytest

from processors.detect.encoding import decode, decode_declared, looks_like_text

TEXTS = {
    "cp1252 de": ("cp1252", "Rechnung über 3,50 € für Müller & Söhne"),
    "cp1252 fr": (
        "cp1252",
        "Société Générale, pièces détachées « été » à régler avant le 3 août. Total 119,00 €",
    ),
    "cp1252 es": ("cp1252", "Factura número 12, señor Núñez: dirección, teléfono"),
    "cp1252 pt": ("cp1252", "Fatura de serviços de manutenção, condições de pagamento à vista"),
    "cp1252 is": ("cp1252", "Reikningur, þjónusta við íbúa, greiðsla"),
    "cp1252 no": ("cp1252", "Rørdeler på lager, å betale"),
    "cp1252 name": ("cp1252", "Invoice for Café Zoë, £120.00, thanks"),
    "cp1252 one": ("cp1252", "Total £12.00"),
    "cp1252 quotes": ("cp1252", "The “goods” of 3 m²"),
    "cp1250 pl": ("cp1250", "Faktura za usługę: żółta łódź, źródło, płatność przelewem"),
    "cp1250 hu": ("cp1250", "Számla, fizetési határidő, összeg: tűz és víz"),
    "cp1250 cz": ("cp1250", "Faktura číslo 5, částka k úhradě, příjemce Dvořák"),
    "cp1250 ro": ("cp1250", "Factură fiscală, societate cu răspundere limitată, întârziere, plată"),
    "cp1251": ("cp1251", "Счет на оплату № 15 от 3 мая, покупатель"),
    "cp1251 up": ("cp1251", "СЧЕТ-ФАКТУРА"),
    "cp1251 mixed": (
        "cp1251",
        "Invoice 17, seller Ромашка, Moscow, total 100.00 RUB and so on, paid by card, thank you very much",
    ),
    "koi8": ("koi8_r", "Счет на оплату от 3 мая, покупатель"),
    "cp866": ("cp866", "Счет на оплату от 3 мая, покупатель"),
    "cp1253": ("cp1253", "ΤΙΜΟΛΟΓΙΟ πώλησης, ημερομηνία έκδοσης, σύνολο 12,00 €"),
    "cp1254": ("cp1254", "Fatura tarihi, ödeme şekli, açıklama, yazılım danışmanlığı"),  # noqa: RUF001 - Turkish
    "cp1255": ("cp1255", "חשבונית מס מספר 12 סך הכל לתשלום"),
    "cp1255 short": ("cp1255", 'תעודת משלוח 55, סה"כ 20.00'),
    "cp1255 coin": ("cp1255", "חשבונית מס 12, לתשלום 40 ₪"),
    "cp857": ("cp857", "Ödenecek tutar, şirket adı, açıklama, yazılım"),  # noqa: RUF001 - Turkish
    "cp874 words": ("cp874", "Name,Sum\nบริษัท ตัวอย่าง จำกัด,1"),
    "cp775": ("cp775", "Sąskaita faktūra, mokėtina suma, pirkėjas, įmonė, ačiū"),
    "mac gr": ("mac_greek", "Ημερομηνία έκδοσης, σύνολο πληρωμής"),
    "mac tr": ("mac_turkish", "Fatura tarihi, ödeme şekli, açıklama, danışmanlığı"),  # noqa: RUF001 - Turkish
    "cp862": ("cp862", "חשבונית מס מספר 12 סך הכל לתשלום"),
    "iso6": ("iso8859_6", "فاتورة ضريبية رقم 12 المجموع الكلي"),
    "iso7": ("iso8859_7", "Ημερομηνία έκδοσης, Άρτα, σύνολο πληρωμής"),
    "cp737": ("cp737", "Ημερομηνία έκδοσης, σύνολο πληρωμής"),
    "iso15": ("iso8859_15", "Un cœur réglé, 12,00 € à payer"),
    "cp1251 bg": ("cp1251", "Фактура за стоки, сума за плащане, получател"),
    "cp1256": ("cp1256", "فاتورة ضريبية رقم 12 المجموع الكلي"),
    "cp1257 lt": ("cp1257", "Sąskaita faktūra, mokėtina suma, pirkėjas, įmonė"),
    "cp1257 lv": ("cp1257", "Rēķins par pakalpojumiem, kopējā summa, maksātājs"),
    "cp874": ("cp874", "ใบกำกับภาษี จำนวนเงินรวม 100 บาท"),
    "cp850 de": ("cp850", "Rechnung für Bürobedarf, Größe, Straße, ändern, Überweisung"),
    "cp850 fr": ("cp850", "Facture réglée à la société générale, français"),
    "cp852 pl": ("cp852", "Faktura za usługę: żółta łódź, płatność przelewem"),
    "mac fr": ("mac_roman", "Facture réglée à la société « générale », été, français"),
    "mac de": ("mac_roman", "Rechnung für Bürobedarf, Größe, Straße, ändern"),
    "mac lines": ("mac_roman", "Maß für Füße\rGruß\rSchloß 9,00 €\r"),
    "cp850 frame": ("cp850", "Café, señor Peña\n╔══════════╗\n║ Sum 9.00 ║\n╚══════════╝\n"),
    "cp932": ("cp932", "請求書 番号 12 御中 合計金額 1,200円 コピー用紙"),
    "cp932 mix": (
        "cp932",
        "Invoice, Date, Customer\nA-1,2024-01-02,東京商店\nthis is a long English line with nothing else in it at all\n",
    ),
    "cp932 bank": ("cp932", "ﾌﾘｺﾐ 東京商店 ｶ)ﾐﾎﾝｼｮｳｶｲ 合計"),
    "cp932 half": ("cp932", "ｺﾞｾｲｷｭｳｼｮ ｶﾌﾞｼｷｶﾞｲｼｬ ﾐﾎﾝ"),
    "iso2022": ("iso2022_jp", "請求書 No. 12\n御中 合計 1,200円"),
    "euc_jp": ("euc_jp", "請求書 番号 12 御中 合計金額 これはテストです"),
    "gbk": ("gb18030", "发票号码 购买方名称 价税合计 办公用品"),
    "gbk mix": (
        "gb18030",
        "Invoice,Customer\n1,北京办公用品有限公司\nsome long English line here without anything beyond ASCII\n",
    ),
    "big5": ("big5", "統一發票 買受人 總計 新臺幣 辦公用品"),
    "big5 short": ("big5", "號碼應付 17\n數量 450"),
    "cp949": ("cp949", "세금계산서 공급받는자 합계금액 사무용품 주식회사"),
    "utf16le ru": ("utf-16-le", "Счет на оплату 15 от 3 мая, покупатель"),
    "utf16be ja": ("utf-16-be", "請求書 番号 12\n御中 合計金額 1,200円"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_the_encoding_of_a_text_is_found(case: str):
    """Letters, their places and their neighbors show in which encoding a text was saved."""
    encoding, text = TEXTS[case]

    assert decode(text.encode(encoding)) == text


def test_a_text_that_is_cut_inside_a_character_keeps_its_encoding():
    """The beginning of a file may end between the two bytes of a character."""
    text = "合計金額は一万二千円です。\n" * 4000

    decoded = decode(text.encode("cp932"))

    assert decoded == text


def test_japanese_mail_may_hold_the_signs_of_windows():
    """Escape sequences announce kanji, signs of Windows and katakana of one byte."""
    decoded = decode(b"No. \x1b$B-!@A5a=q\x1b(I1\x1b(B 12")

    assert decoded == "No. ①請求書ｱ 12"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Größe für Jürgen, Straße, ".encode() + b"caf\xe9.", "Größe für Jürgen, Straße, café."),
        ("Preis: 3 €".encode()[:-1], "Preis: 3 \ufffd"),
        ("Müller".encode("cp1252"), "Müller"),
        ("Käse 2 €, ".encode() + "süß.".encode("cp1252"), "Käse 2 €, süß."),
    ],
    ids=["joined texts", "cut", "not UTF-8", "as many"],
)
def test_a_few_broken_bytes_do_not_change_the_encoding(data: bytes, text: str):
    """A text in UTF-8 with a byte of another encoding stays UTF-8."""
    assert decode(data) == text


@pytest.mark.parametrize(
    ("label", "data", "text"),
    [
        ("iso-8859-1", "Käse für 3 €".encode(), "Käse für 3 €"),
        ("windows-1251", "Käse".encode(), "Käse"),
        ("iso-8859-1", "Käse für 3 €".encode("cp1252"), "Käse für 3 €"),
        ("utf-8", "Käse".encode("cp1252"), "Käse"),
        ("utf-8", b"\xef\xbb\xbfsum", "sum"),
        ("gb2312", "联通".encode("gbk"), "联通"),
        ("iso-2022-jp", b"\x1b$B-!\x1b(B", "①"),
        ("us-ascii", "Käse".encode(), "Käse"),
        ("iso-8859-1", "Чайная лавка, итого".encode("cp1251"), "Чайная лавка, итого"),
        ("iso-8859-1", "Ó, ÉÍ ÚÁ".encode("cp1252"), "Ó, ÉÍ ÚÁ"),
    ],
)
def test_a_label_is_taken_as_it_is_meant(label: str, data: bytes, text: str):
    """A text that declares one encoding and is sound UTF-8 is read as UTF-8."""
    assert decode_declared(data, label) == text


def test_letters_of_windows_decide_against_a_label_of_iso():
    """The control characters of ISO 8859-2 are in no text; Windows has letters there."""
    data = "Świeże ryby".encode("cp1250")

    assert decode_declared(data, "iso-8859-2") == "Świeże ryby"
    assert decode_declared("Śruba".encode("iso8859_2"), "iso-8859-2") == "Śruba"


def test_turkish_that_is_declared_to_be_western_is_turkish():
    """Programs declare the encoding they are set to."""
    text = "Açıklama: yazılım danışmanlığı, şube İzmir"  # noqa: RUF001 - Turkish

    assert decode_declared(text.encode("cp1254"), "iso-8859-1") == text


def test_half_a_character_at_the_end_does_not_show():
    """A program that appends a newline to UTF-16 appends half of one."""
    assert decode("Tee\r\n".encode("utf-16") + b"\n") == "Tee\r\n"


def test_zero_bytes_behind_a_text_do_not_hide_it():
    """A program that fills the last block with zero bytes has saved a text; zeros alone are none."""
    assert looks_like_text(b"Total 12.00\r\n" + bytes(40))
    assert not looks_like_text(bytes(40))
