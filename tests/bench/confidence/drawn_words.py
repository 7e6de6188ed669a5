"""Words for drawn documents: invented names and streets, and the labels of six languages."""

from dataclasses import dataclass

STEMS = (
    "Alder", "Amberfield", "Ashgrove", "Bellwether", "Birchmoor", "Blackthorn", "Bramley", "Brookside",
    "Calderon", "Castlewood", "Cedarhill", "Clearwater", "Coppice", "Dunmere", "Eastgate", "Elmsworth",
    "Fairlight", "Fernhollow", "Foxcombe", "Glenmore", "Greystone", "Harrow", "Hazelbank", "Highfield",
    "Ironbridge", "Juniper", "Kestrel", "Lakemont", "Larchwood", "Linden", "Marlow", "Meadowvale",
    "Moorgate", "Northbank", "Oakhurst", "Orchard", "Pinecrest", "Quarry", "Ravenscroft", "Redwood",
    "Rosedale", "Rowan", "Sandford", "Silverbirch", "Southfield", "Stonebridge", "Tamarind", "Thornbury",
    "Underhill", "Valemont", "Westbrook", "Whitcombe", "Willowmere", "Wrenfield", "Yarrow", "Zennor",
)  # fmt: skip
TRADES = (
    "Bakery", "Books", "Building Supplies", "Catering", "Cleaning", "Consulting", "Couriers", "Design",
    "Electrical", "Engineering", "Events", "Florist", "Foods", "Furniture", "Garage", "Gardens",
    "Hardware", "Instruments", "Joinery", "Kitchens", "Lighting", "Logistics", "Media", "Mobile",
    "Optics", "Packaging", "Paints", "Pharmacy", "Plumbing", "Print", "Restaurant", "Roofing",
    "Software", "Solutions", "Stationery", "Systems", "Tailors", "Textiles", "Tools", "Trading",
)  # fmt: skip
FIRST_NAMES = (
    "Ada", "Ben", "Clara", "David", "Elena", "Felix", "Grace", "Hugo", "Ines", "Jonas", "Katya", "Leo",
    "Mira", "Nadia", "Oscar", "Petra", "Quentin", "Rosa", "Samuel", "Tara",
)  # fmt: skip
LAST_NAMES = (
    "Abbott", "Berger", "Castell", "Dorsey", "Engel", "Ferrand", "Gallo", "Hale", "Ivers", "Jansen",
    "Keller", "Lindqvist", "Moreau", "Novak", "Ostrov", "Pereira", "Quirke", "Rossi", "Sand", "Tiller",
)  # fmt: skip
STREETS = (
    "Mill", "Church", "Station", "Harbour", "Garden", "Park", "Castle", "Bridge", "Market", "School",
    "Forest", "River", "Hill", "Victoria", "Abbey", "North",
)  # fmt: skip
GOODS = (
    "Desk lamp", "Oak shelf", "Filter cartridge", "Copy paper A4", "Steel bracket", "Service visit",
    "Hosting, one month", "Consulting hours", "Cable 5 m", "Brake pads", "Paint, white 10 l",
    "Delivery", "Coffee beans 1 kg", "Garden hose", "LED panel", "Design review", "Safety gloves",
    "Window seal", "Toner black", "Door handle",
)  # fmt: skip
GROCERIES = (
    "Apples 1 kg", "Bread", "Milk 2 l", "Olive oil", "Tea green", "Chicken rice", "Iced coffee",
    "Fried noodles", "Soap", "Batteries AA", "Screws 50 pc", "Notebook A5", "Orange juice", "Cheese",
    "Cake slice", "Water 0.5 l",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tongue:
    """How invoices of a language and country are worded; every label has several wordings."""

    language: str
    currency: str
    sign: str
    decimal_comma: bool
    day_first: bool
    forms: tuple[str, ...]
    street: str
    towns: tuple[str, ...]
    rates: tuple[int, ...]
    title: tuple[str, ...]
    number: tuple[str, ...]
    date: tuple[str, ...]
    due: tuple[str, ...]
    order: tuple[str, ...]
    buyer: tuple[str, ...]
    net: tuple[str, ...]
    tax: tuple[str, ...]
    total: tuple[str, ...]
    columns: tuple[str, str, str, str]
    months: tuple[str, ...] = ()


_ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip

TONGUES = (
    Tongue(
        language="en", currency="GBP", sign="£", decimal_comma=False, day_first=True,
        forms=("Ltd", "Limited", "LLP", "plc", "& Sons", "", "", ""),
        street="{} Street",
        towns=("Leeds LS1 4AP", "Bristol BS2 0ZX", "York YO1 7HB", "London SE15 4QL"),
        rates=(20,), title=("INVOICE", "Invoice", "TAX INVOICE", "Sales Invoice"),
        number=("Invoice No.", "Invoice number", "Invoice #", "Invoice no", "Document number"),
        date=("Date", "Invoice date", "Date of issue", "Issued"),
        due=("Due date", "Payment due", "Pay by"), order=("Order no", "PO number", "Your order"),
        buyer=("Bill to", "Invoice to", "Customer", "Sold to", ""),
        net=("Subtotal", "Net amount", "Total excl. VAT"), tax=("VAT {}%", "VAT ({}%)", "VAT"),
        total=("Total", "Total due", "Amount due", "Invoice total", "Grand total"),
        columns=("Description", "Qty", "Price", "Amount"), months=_ENGLISH_MONTHS,
    ),
    Tongue(
        language="en", currency="USD", sign="$", decimal_comma=False, day_first=False,
        forms=("Inc.", "LLC", "Corp.", "Co.", "", "", ""),
        street="{} Avenue",
        towns=("Madison, WI 53703", "Austin, TX 78701", "Portland, OR 97204", "Albany, NY 12207"),
        rates=(6, 7, 8), title=("INVOICE", "Invoice"),
        number=("Invoice #", "Invoice No", "Invoice Number"),
        date=("Date", "Invoice Date"), due=("Due Date", "Due"), order=("P.O. #", "PO Number"),
        buyer=("Bill To", "BILL TO:", "Sold To"),
        net=("Subtotal", "Sub Total"), tax=("Sales Tax ({}%)", "Tax {}%", "Tax"),
        total=("Total", "TOTAL DUE", "Balance Due", "Amount Due"),
        columns=("Item", "Qty", "Rate", "Amount"), months=_ENGLISH_MONTHS,
    ),
    Tongue(
        language="de", currency="EUR", sign="€", decimal_comma=True, day_first=True,
        forms=("GmbH", "AG", "GmbH & Co. KG", "e.K.", "", ""),
        street="{}straße",
        towns=("10115 Berlin", "20095 Hamburg", "50667 Köln", "80331 München"),
        rates=(19, 7), title=("Rechnung", "RECHNUNG"),
        number=("Rechnungsnummer", "Rechnungs-Nr.", "Rechnung Nr.", "Rechnungsnr"),
        date=("Datum", "Rechnungsdatum"), due=("Zahlbar bis", "Fällig am"),
        order=("Bestellnummer", "Auftragsnummer"), buyer=("", "Rechnung an", "Kunde"),
        net=("Nettobetrag", "Summe netto", "Zwischensumme"),
        tax=("MwSt. {} %", "USt. {}%", "zzgl. {} % MwSt."),
        total=("Gesamtbetrag", "Rechnungsbetrag", "Summe", "Bruttobetrag"),
        columns=("Bezeichnung", "Menge", "Einzelpreis", "Betrag"),
        months=("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
                "Oktober", "November", "Dezember"),
    ),
    Tongue(
        language="fr", currency="EUR", sign="€", decimal_comma=True, day_first=True,
        forms=("SARL", "SAS", "SA", "EURL", "", ""), street="rue {}",
        towns=("75002 Paris", "69003 Lyon", "33000 Bordeaux"), rates=(20, 10),
        title=("FACTURE", "Facture"),
        number=("Facture n°", "N° de facture", "Numéro de facture"),
        date=("Date", "Date de facture"), due=("Date d'échéance", "Échéance"),
        order=("Commande n°", "N° de commande"), buyer=("Facturé à", "Client", ""),
        net=("Total HT", "Montant HT"), tax=("TVA {} %", "TVA"),
        total=("Total TTC", "Montant TTC", "Net à payer"),
        columns=("Désignation", "Quantité", "Prix", "Montant"),
    ),
    Tongue(
        language="es", currency="EUR", sign="€", decimal_comma=True, day_first=True,
        forms=("S.L.", "S.A.", "", ""), street="Calle {}",
        towns=("28013 Madrid", "08001 Barcelona", "41001 Sevilla"), rates=(21, 10),
        title=("FACTURA", "Factura"), number=("Factura nº", "Número de factura", "Nº factura"),
        date=("Fecha", "Fecha de factura"), due=("Fecha de vencimiento", "Vencimiento"),
        order=("Pedido nº", "Número de pedido"), buyer=("Cliente", "Facturar a"),
        net=("Base imponible", "Subtotal"), tax=("IVA {}%", "IVA"),
        total=("Total", "Total factura", "TOTAL"),
        columns=("Descripción", "Cantidad", "Precio", "Importe"),
    ),
    Tongue(
        language="nl", currency="EUR", sign="€", decimal_comma=True, day_first=True,
        forms=("B.V.", "BV", "VOF", "", ""), street="{}straat",
        towns=("1012 AB Amsterdam", "3511 LK Utrecht"), rates=(21, 9),
        title=("FACTUUR", "Factuur"), number=("Factuurnummer", "Factuur nr"),
        date=("Datum", "Factuurdatum"), due=("Vervaldatum", "Te betalen voor"),
        order=("Ordernummer", "Bestelnummer"), buyer=("Factuur aan", "Klant", ""),
        net=("Subtotaal", "Totaal excl. btw"), tax=("BTW {}%", "btw {} %"),
        total=("Totaal", "Totaal incl. btw", "Te betalen"),
        columns=("Omschrijving", "Aantal", "Prijs", "Bedrag"),
    ),
)  # fmt: skip
