"""Addresses that are one person's in two spellings, and those that only look alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence

from ..addresses import folded, identity_key

_MAX_TOLD = 3
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters of other scripts that look like Latin ones, in lower case; NFKC knows the wide and styled forms.
_LOOKS = str.maketrans(
    "аеорсухіјѕһԁԛԝкмтвнοαινκρυτχγωεıɡ‘’ʼʹ′´`‐‑‒–—−",  # noqa: RUF001 - these are what is looked for
    "aeopcyxijshdqwkmtbhoaivkputxyweig'''''''------",
)


def duplicates(addresses: Sequence[tuple[int, str]], place: Callable[[int], str]) -> dict[int, str]:
    """Find who stands twice among people.

    Args:
        addresses: A number for each person, and the address.
        place: Says where the person of a number stands, such as "line 3".

    Returns:
        For the number of each who stands twice, where the others stand, and how they are told to be one;
        of more than a few, how many.
    """
    by_key: dict[str, list[tuple[int, str]]] = {}
    for number, address in addresses:
        by_key.setdefault(identity_key(address), []).append((number, address))
    told = {}
    for group in by_key.values():
        for number, address in group if len(group) > 1 else ():
            others = [
                f"{place(other)} ({_difference(address, spelled)})"
                for other, spelled in group[: _MAX_TOLD + 1]
                if other != number
            ][:_MAX_TOLD]
            if more := len(group) - 1 - len(others):
                others.append(f"{more:,} more")
            told[number] = " and ".join(others)
    return told


def _difference(one: str, other: str) -> str:
    if one == other:
        return "the same address"
    if folded(one) == folded(other):
        return "the addresses differ in case alone"
    if one.rpartition("@")[2].isascii() != other.rpartition("@")[2].isascii():
        return "the domain is the same, once in Unicode and once in punycode"
    return "the addresses are the same in NFC"


def alike_notes(addresses: Sequence[tuple[str, str]], *, told: Collection[str] = ()) -> list[str]:
    """Tell which addresses look like what they are not, with their code points.

    Args:
        addresses: Where each stands, such as "line 3", and the address as it stands there.
        told: Places whose code points are told already: there only a look-alike is news.
    """
    if all(address.isascii() for _, address in addresses):
        return []
    by_look: dict[str, dict[str, tuple[str, str]]] = {}
    for place, address in addresses:
        by_look.setdefault(_look(address), {}).setdefault(identity_key(address), (place, address))
    notes = []
    for place, address in addresses:
        if address.isascii():
            continue
        key = identity_key(address)
        others = [
            f"{address_place} has {spelled!r}"
            for other, (address_place, spelled) in by_look[_look(address)].items()
            if other != key
        ][:_MAX_TOLD]
        letters = deceptive(address, has_double=bool(others))
        if letters and (others or place not in told):
            beside = f"; {', '.join(others)}, which looks the same" if others else ""
            notes.append(f"{place}: {address!r} holds {letters}{beside}")
    return notes


def _look(address: str) -> str:
    look = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", address).casefold())
    return "".join(letter for letter in look.translate(_LOOKS) if unicodedata.category(letter) not in _HIDDEN)


def deceptive(address: str, *, has_double: bool = False) -> str:
    """Name the characters of an address that look like others, or like nothing, with their code points."""
    found: list[str] = []
    for label in re.split("[.@]", address):
        # A word all in one other script is no deception, unless somebody is alike.
        is_mixed = has_double or any(letter.isascii() and letter.isalpha() for letter in label)
        found += [letter for letter in label if not letter.isascii() and _is_deceptive(letter, is_mixed)]
    return ", ".join(map(code_point, dict.fromkeys(found)))


def _is_deceptive(letter: str, is_mixed: bool) -> bool:
    category = unicodedata.category(letter)
    if category in _HIDDEN or category[0] in "PZS" or unicodedata.normalize("NFKC", letter).isascii():
        return True
    return is_mixed and letter.casefold().translate(_LOOKS).isascii()


def code_point(letter: str) -> str:
    """Name a character: its code point, and its name where it has one."""
    return f"U+{ord(letter):04X} {unicodedata.name(letter, '')}".rstrip()
