"""Damage of every kind, from a seed: what a bad copy, a bad program or bad will make of a file."""

import random
import struct

EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def flipped(data: bytearray, dice: random.Random) -> bytearray:
    """Some bits are others, more often near the beginning, where what matters stands."""
    for _ in range(dice.choice([1, 2, 8, 40])):
        data[_place(data, dice)] ^= 1 << dice.randrange(8)
    return data


def overwritten(data: bytearray, dice: random.Random) -> bytearray:
    """A number of two or four bytes is an extreme one."""
    for _ in range(dice.choice([1, 3])):
        form = dice.choice(["<H", ">H", "<I", ">I"])
        size = struct.calcsize(form)
        place = min(_place(data, dice), max(0, len(data) - size))
        number = dice.choice(EXTREMES) & (256**size - 1)
        data[place : place + size] = struct.pack(form, number)
    return data


def cut(data: bytearray, dice: random.Random) -> bytearray:
    """The end is missing."""
    return data[: dice.randrange(len(data))]


def holed(data: bytearray, dice: random.Random) -> bytearray:
    """A stretch is missing or empty."""
    start = _place(data, dice)
    end = min(len(data), start + dice.choice([1, 7, 64, 512]))
    data[start:end] = b"" if dice.random() < 0.5 else bytes(end - start)
    return data


def repeated(data: bytearray, dice: random.Random) -> bytearray:
    """A stretch is there many times."""
    start = _place(data, dice)
    piece = data[start : start + dice.choice([2, 12, 64, 300])]
    data[start:start] = piece * dice.choice([1, 3, 50])
    return data


def stuffed(data: bytearray, dice: random.Random) -> bytearray:
    """Noise in the middle or behind the end."""
    place = dice.choice([_place(data, dice), len(data)])
    data[place:place] = dice.randbytes(dice.choice([1, 16, 400]))
    return data


DAMAGES = (flipped, overwritten, cut, holed, repeated, stuffed)


def damaged(data: bytes, dice: random.Random) -> bytes:
    """A file after one or two mishaps."""
    changed = bytearray(data)
    for _ in range(dice.choice([1, 1, 2])):
        if changed:
            changed = dice.choice(DAMAGES)(changed, dice)
    return bytes(changed)


def _place(data: bytearray, dice: random.Random) -> int:
    return dice.randrange(min(len(data), dice.choice([32, 128, 600, len(data)])) or 1)
