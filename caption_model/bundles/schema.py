"""Check what a bundle's JSON says against the dataclass that it is to become, before anything is made of it.

Only the types that configurations have: whole numbers, numbers, texts, and tuples of them. Written by hand, as a
library that does this costs every caption more time at start than all bundles take to check.
"""

import math
import types
from dataclasses import MISSING, fields
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from caption_model.errors import BundleError

T = TypeVar("T")
LONGEST_TEXT = 200  # characters
LONGEST_TUPLE = 10_000


def checked(kind: type[T], content: Any, where: str) -> T:
    """The dataclass ``kind`` with the values of a JSON object.

    Args:
        kind: a dataclass; its ``__post_init__`` may refuse values with a ``ValueError``.
        content: parsed JSON.
        where: what the content stands in, for the error.

    Raises:
        BundleError: no object, a key too many or too few, a value of another type or out of its range.
    """
    if not isinstance(content, dict):
        raise BundleError(f"{where} is no JSON object: get the bundle again.")
    hints = get_type_hints(kind)
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(content.keys() - known.keys()):
        raise BundleError(f"{where} has {quoted(unknown[0])}, which this version does not know: get the bundle again.")
    values = {}
    for name, field in known.items():
        if name in content:
            values[name] = _value(hints[name], content[name], f"{name} in {where}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise BundleError(f"{where} lacks {name}: get the bundle again.")
    try:
        return kind(**values)
    except ValueError as error:
        raise BundleError(f"{where} does not hold together ({error}): get the bundle again.") from error


def quoted(value: Any) -> str:
    """Any value as Python writes it, in ASCII alone and cut short: a piece of a sentence."""
    return ascii(value)[:60]


def is_text(value: Any, most: int = LONGEST_TEXT) -> bool:
    """Whether a value is a text that can be written everywhere: not too long, no control character, no half of one."""
    if not isinstance(value, str) or len(value) > most:
        return False
    return not any(ord(sign) < 32 or 127 <= ord(sign) < 160 or 0xD800 <= ord(sign) <= 0xDFFF for sign in value)


def names_of(value: Any) -> tuple[str, ...]:
    """A list of texts out of JSON, such as the names of a head's outputs.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(value, list) or not all(map(is_text, value)):
        raise ValueError("its names are no list of texts")
    return tuple(value)


def _value(hint: Any, value: Any, where: str) -> Any:
    """A value of the type that a hint asks for."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is tuple:
        if not isinstance(value, list) or len(value) > LONGEST_TUPLE:
            raise BundleError(f"{where} is no list, or too long a one: get the bundle again.")
        each = [parts[0]] * len(value) if parts[-1] is Ellipsis else list(parts)
        if len(each) != len(value):
            raise BundleError(f"{where} has {len(value)} values, not {len(each)}: get the bundle again.")
        return tuple(_value(of, one, where) for of, one in zip(each, value, strict=True))
    if origin is types.UnionType:
        return None if value is None else _value(next(part for part in parts if part is not type(None)), value, where)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if hint is int and whole:
        return value
    if hint is float and (whole or isinstance(value, float)) and math.isfinite(value):
        return float(value)
    if hint is str and is_text(value):
        return value
    raise BundleError(f"{where} is {quoted(value)}, no {_name(hint)}: get the bundle again.")


def _name(hint: Any) -> str:
    return {int: "whole number", float: "number", str: "text"}.get(hint, "value that is expected")
