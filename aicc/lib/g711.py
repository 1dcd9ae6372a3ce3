"""What does a byte of G.711 A-law sound like? Sixteen bits of PCM, which every browser plays.

One A-law byte becomes two PCM bytes, so that a range of one is a range of the other; what a range is, is left to
whoever answers it.
"""

# A-law's silence: the quietest of its 256 steps.
SILENCE = 0xD5


def _sample(code: int) -> int:
    """The value of an A-law code, from -32256 to 32256 (ITU-T G.711, table 1, scaled to 16 bits)."""
    code ^= 0x55
    exponent, mantissa = code >> 4 & 7, code & 0x0F
    size = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return size if code & 0x80 else -size


_SAMPLES = [_sample(code) & 0xFFFF for code in range(256)]
_LOW, _HIGH = bytes(sample & 0xFF for sample in _SAMPLES), bytes(sample >> 8 for sample in _SAMPLES)


def pcm(alaw: bytes) -> bytes:
    """Little-endian signed 16-bit PCM, twice as many bytes; channels stay interleaved as they are."""
    decoded = bytearray(2 * len(alaw))
    decoded[0::2] = alaw.translate(_LOW)
    decoded[1::2] = alaw.translate(_HIGH)
    return bytes(decoded)


# How far each code is from silence, 0 to 252.
_LOUDNESS = bytes(abs(_sample(code)) >> 7 for code in range(256))


# From the loudest down. To look for one of a few values is ten times as fast as to compare all samples.
_LEVELS = bytes(sorted(set(_LOUDNESS), reverse=True))


def peak(alaw: bytes) -> int:
    """The loudest of these samples: 0 (silence, or none) to 252."""
    loudness = alaw.translate(_LOUDNESS)
    return next((level for level in _LEVELS if level in loudness), 0)
