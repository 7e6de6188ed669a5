"""Say whose a value of XML or JSON is: that of the document, of its seller, or of something else.

An element named "Date" says what it is only with the names of those that it is in: in "Payment" it
is not the day of the bill, and "Name" in "Buyer" is not who issued it.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

# Names are read word by word: "amountDue" and "amount_due" have the same two.
_NAME_WORD = re.compile(r"[^\W\d_]?[^\W\d_A-Z]+|[A-Z]+(?![a-z])")
_NOT_FOLDED = {"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _roots(words: str) -> tuple[str, ...]:
    return tuple(words.split())


# Names that say of themselves that they are those of a company.
_OF_COMPANY = _set(
    "company firm firma organization business legal trading razon raison social sociale"
    " denominazione denominacion ragione empresa societe bedrijf"
)
# What a value is called that says nothing without the name of what it is in.
_NAMES = _OF_COMPANY | _set(
    "name names full display party registration nom nombre nome naam namn navn nazwa nazev"
    " bezeichnung"
)
_DATES = _set(
    "date dates datum fecha data dato day time timestamp datetime tag dt paivamaara jour dia dzien"
)
_NUMBERS = _set(
    "number no nr num nummer numero numer id identifier code reference ref key cislo uuid guid"
)
_AMOUNTS = _set("amount value sum betrag montant importe importo wert valor valeur bedrag belopp")
_ADDRESSES = _set(
    "address street city town zip postcode postal code country state region line house building"
    " adresse anschrift strasse plz ort land rue ville pays direccion calle ciudad pais indirizzo"
    " via citta adres straat plaats gate by adress ulica miasto"
)
_CARRIERS = _AMOUNTS | _DATES | _set("number text content nummer")
"""What is in an element that says by itself what the value is: "IssueDate", "GrandTotal"."""
_SUMS = _set("total totals sum gross net grand payable due invoice incl including subtotal")
_TAXES = _set("tax taxes vat gst mwst ust steuer tva iva btw moms")
_PARTS = _roots(
    "item line position product article service payment discount fee charge allowance artikel"
    " posten zeile ligne linea riga regel"
)

# Names of what a document is in, or parts of it, that belong to nobody.
_NEUTRAL = _set(
    "party parties detail details info information data header head general meta metadata document"
    " documents doc body message envelope content payload response result record root main address"
    " postal name names legal entity trade trading scheme summary export file basic common kopf"
    " kopfdaten daten angaben entete cabecera testata encabezado kop naglowek registration self"
    " transaction organization attributes fields properties values dates amounts"
    " numbers totals ids identifiers references page pages section sections list"
)
# Papers by their kind; a paper of another kind in one is not the document.
_PAPERS = {
    "bill": (
        "bill faktur factur factuur fattur fatur invoice rechnung receipt beleg quittung recu"
        " recibo ricevuta bon kvitt szamla lasku uctenk"
    ),
    "order": "order bestellung auftrag commande pedido ordine ordre zamowien objednavk tilaus",
    "credit": "credit gutschrift avoir abono storno dobropis",
    "quote": "quot estimate offer angebot devis presupuesto preventivo offert",
}
_ROOTS_OF_PAPERS = [(kind, _roots(words)) for kind, words in _PAPERS.items()]
_SELLERS = _roots(
    "seller vendor supplier issuer biller merchant provider sender company store shop business"
    " verkaufer verkaeufer lieferant aussteller absender rechnungssteller vendeur fournisseur"
    " emetteur vendedor proveedor emisor emitente venditore fornitore cedente emittente verkoper"
    " leverancier saljare leverantor selger leverandor sprzedawca dostawca wystawca dodavatel"
)
# Who gets the goods, the bill or the service, and where.
_OTHERS = _roots(
    "buyer customer client consignee recipient receiver receptor addressee invoicee payer payor"
    " debtor purchaser insured patient member guest student tenant employee attendee passenger"
    " subscriber"
    " user delivery deliver shipping shipment shipto billto soldto kaufer kaeufer kunde empfanger"
    " empfaenger rechnungsempfanger rechnungsempfaenger lieferung lieferadresse lieferanschrift"
    " lieferempf warenempf besteller auftraggeber acheteur"
    " destinataire livraison comprador cliente destinatario entrega acquirente cessionario consegna"
    " klant koper ontvanger levering nabywca odbiorca odberatel kopare kund mottagare mottaker"
    " kober asiakas vevo"
)
# What the labels of a buyer are called in texts; others are names that nothing is read from.
_BUYERS = _roots(
    "buyer customer client consignee recipient payer invoicee empfanger receptor kunde kaufer"
    " acheteur destinataire comprador cliente destinatario acquirente cessionario klant nabywca"
    " odberatel kopare shipto billto soldto"
)
_KINDS_OF_PAPER = _set("note memo memorandum nota slip advice form")
_TO = re.compile(r"(?:bill|invoice|ship|sold|deliver)(?:ed|ing)?")
_DUE = _set("due fallig faellig falligkeit faelligkeit echeance vencimiento scadenza verval")
_OF_DAY = _DUE | _set("issue issued invoice document")
_OF_PAYMENT = _set("payment paid bank order ordered service start end birth expiry")
_ROLES = _set("role type kind qualifier usage function")
_MOST_WORDS_OF_ROLE = 3
_NEUTRAL_KIND, _UNKNOWN, _SELLER, _OTHER = "neutral", "unknown", "seller", "other"


@dataclass(frozen=True, slots=True)
class _Owner:
    """Whose a value is, and whether nothing else is between that and the value."""

    kind: str
    name: str = ""
    is_direct: bool = True


@dataclass(frozen=True, slots=True)
class Owned:
    """The name under which a value is read, and whether it is of something else."""

    name: str
    is_apart: bool = False


def words_in(name: str) -> list[str]:
    """Return the words of a name in lower case and without accents."""
    return list(_words_in(name))


@cache
def _words_in(name: str) -> tuple[str, ...]:
    plain = "".join(_NOT_FOLDED.get(char, char) for char in name)
    parts = unicodedata.normalize("NFKD", plain)
    bare = "".join(char for char in parts if not unicodedata.combining(char))
    # In Britain an S may be in the place of a Z.
    return tuple(word.lower().replace("isation", "ization") for word in _NAME_WORD.findall(bare))


def owned(names: Sequence[str]) -> Owned:
    """Say whose a value is by its own name, the last one, and those of what it is in."""
    *around, leaf = names or ("",)
    words = frozenset(_words_in(leaf))
    owner = _owner_of(around, leaf) if words else _Owner(_NEUTRAL_KIND)
    if owner.kind == _NEUTRAL_KIND:
        return Owned(_with_paper(around, leaf))
    if owner.kind == _UNKNOWN:
        return _in_unknown(owner.name, leaf, words)
    label = _label_of_name(owner, leaf) if words <= _NAMES else ""
    if label:
        return Owned(label)
    is_apart = owner.kind == _OTHER or any(words <= each for each in (_NUMBERS, _DATES, _AMOUNTS))
    return Owned(f"{owner.name} {leaf}", is_apart=True) if is_apart else Owned(leaf)


def _label_of_name(owner: _Owner, leaf: str) -> str:
    """Return what announces a party's name: "CompanyName" does, and "SupplierParty" does not."""
    if not owner.is_direct:
        return ""
    if owner.kind != _SELLER:
        return owner.name if _names_buyer(owner.name) else ""
    if not _OF_COMPANY.isdisjoint(_words_in(leaf)):
        return leaf
    return owner.name if len(_words_in(owner.name)) == 1 else "Seller"


def _names_buyer(name: str) -> bool:
    words = _words_in(name)
    return words[-1] == "to" or (_begin_with(words, _BUYERS) and "address" not in words)


def _in_unknown(owner: str, leaf: str, words: frozenset[str]) -> Owned:
    """Say whose a value is in an element that is neither a party's nor a paper's."""
    above = frozenset(_words_in(owner))
    if words <= _CARRIERS and _says_what(owner):
        return Owned(owner)
    is_named = (_OF_DAY & above and words <= _DATES | _AMOUNTS) or (
        _TAXES & above and words <= _AMOUNTS
    )
    if is_named:
        return Owned(f"{owner} {leaf}")
    is_apart = _is_of_another(above, words)
    return Owned(f"{owner} {leaf}", is_apart=True) if is_apart else Owned(leaf)


def _is_of_another(above: frozenset[str], words: frozenset[str]) -> bool:
    """Return whether a value is that of a part or a payment, or the name of anybody.

    Any other unknown element may be a wrapper of the document.
    """
    is_part = _begin_with(sorted(above), _PARTS)
    if words <= _NAMES and words.isdisjoint(_OF_COMPANY):
        return True
    generic = (_NAMES, _DATES, _NUMBERS, _AMOUNTS, _ADDRESSES | _NAMES)
    is_generic = any(words <= each for each in generic)
    return (is_generic and (is_part or not above.isdisjoint(_OF_PAYMENT))) or (
        is_part and words <= _SUMS
    )


def _says_what(name: str) -> bool:
    """Return whether a name says what its value is: a day, a number or a sum."""
    words = _words_in(name)
    is_named = len(words) > 1 and words[-1] in _DATES | _NUMBERS
    return is_named or (bool(words) and set(words) <= _SUMS | _AMOUNTS)


def _owner_of(around: Sequence[str], leaf: str) -> _Owner:
    """Return whose a value is: of the nearest party, or of something else within the paper.

    The company of a customer is none that sells, so the party around it decides.
    """
    inside = _inside_paper(around, leaf)
    if inside is None:
        return _Owner(_UNKNOWN, around[-1])
    unknown = [name for name, kind in inside if kind == _UNKNOWN]
    for party in (_OTHER, _SELLER):
        for place, (name, kind) in enumerate(inside):
            if kind == party:
                between = _kinds_within(name, inside[:place])
                return _Owner(party, name, is_direct=_UNKNOWN not in between)
    # The outermost element is the document, whatever its name is.
    unknown = [name for name in unknown if name != around[0]]
    return _Owner(_UNKNOWN, unknown[0]) if unknown else _Owner(_NEUTRAL_KIND)


def _kinds_within(party: str, inside: Sequence[tuple[str, str]]) -> set[str]:
    """Return the kinds of what is between a party and a value.

    A contact whose role is "bill to" is the party, and not who works there.
    """
    is_role = _words_in(party)[-1] in {"to", "from"}
    return {kind for name, kind in inside if not (is_role and _words_in(name) == ("contact",))}


def _inside_paper(around: Sequence[str], leaf: str) -> list[tuple[str, str]] | None:
    """Return what a value is in, up to its paper, each with its kind; the nearest first.

    None if that paper is in one of another kind: it is the order or the bill that this one is for.
    """
    inside: list[tuple[str, str]] = []
    papers: set[str] = set()
    for name in reversed(around):
        kind = _kind_of(name, leaf)
        if kind in _PAPERS:
            papers.add(kind)
        elif not papers:
            inside.append((name, kind))
    return inside if len(papers) <= 1 else None


def _kind_of(name: str, leaf: str) -> str:
    """Return what an element is by its name: a paper, a party, nothing, or something unknown."""
    words = _words_in(name)
    own = [word for word in words if word not in _NEUTRAL]
    if not own:
        return _NEUTRAL_KIND
    if len(own) > 1 and own[-1] in _KINDS_OF_PAPER:
        own.pop()
    if _is_place_of_buyer(words, own[0], leaf):
        return _OTHER
    kinds = [kind for kind, roots in _ROOTS_OF_PAPERS if own[-1].startswith(roots)]
    kinds += [_OTHER] * _begin_with(own, _OTHERS)
    kinds += [_SELLER] * (words[-1] == "from" or _begin_with(own, _SELLERS))
    return kinds[0] if kinds else _UNKNOWN


def _is_place_of_buyer(words: Sequence[str], first: str, leaf: str) -> bool:
    """Return whether a name is "bill to", or "billing" around an address or a name."""
    if tuple(words) == ("to",):
        return frozenset(_words_in(leaf)) <= _NAMES | _ADDRESSES
    if not _TO.fullmatch(first):
        return False
    is_place = "address" in words or tuple(words) == ("billing",)
    return words[-1] == "to" or (is_place and frozenset(_words_in(leaf)) <= _NAMES | _ADDRESSES)


def _begin_with(words: Sequence[str], roots: tuple[str, ...]) -> bool:
    return any(word.startswith(roots) for word in words)


def role_of(name: str, value: str) -> str:
    """Return the role that an attribute gives its element, such as "buyer"; "" if it says none."""
    words = frozenset(_words_in(value))
    if not _ROLES.intersection(_words_in(name)) or len(words) > _MOST_WORDS_OF_ROLE:
        return ""
    is_party = _kind_of(value, "name") in {_SELLER, _OTHER}
    return value if is_party or words & (_DUE | _OF_PAYMENT) else ""


def _with_paper(around: Sequence[str], leaf: str) -> str:
    """Return the name of a value of the document; a number has that of its paper before it."""
    words = _words_in(leaf)
    is_number = bool(words) and words[-1] in {"number", "no", "nr", "num", "nummer", "numero"}
    if len(words) > 1 or not is_number:
        return leaf
    return next((f"{name} {leaf}" for name in reversed(around) if _is_bare_paper(name)), leaf)


def _is_bare_paper(name: str) -> bool:
    words = [word for word in _words_in(name) if word not in _KINDS_OF_PAPER]
    return len(words) == 1 and any(words[0].startswith(roots) for _, roots in _ROOTS_OF_PAPERS)
