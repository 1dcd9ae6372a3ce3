"""Does A-law become what the recommendation says, and a range of one a range of the other?"""

import random

from aicc.lib import g711


def samples(alaw: bytes) -> list[int]:
    pcm = g711.pcm(alaw)
    return [int.from_bytes(pcm[at : at + 2], "little", signed=True) for at in range(0, len(pcm), 2)]


def test_every_code_has_the_value_of_the_recommendation():
    # ITU-T G.711, table 1a: decoder output values of the segments, in its units of 1/4096; ours are 16 bits wide.
    steps = [(1, 2), (33, 2), (66, 4), (132, 8), (264, 16), (528, 32), (1056, 64), (2112, 128)]
    positive = [first + step * n for first, step in steps for n in range(16)]

    # Positive codes have their first bit set; even bits are inverted on the line.
    found = samples(bytes(code ^ 0x55 for code in range(128, 256))), samples(bytes(code ^ 0x55 for code in range(128)))

    assert found == ([8 * value for value in positive], [-8 * value for value in positive])


def test_a_range_of_bytes_is_a_range_of_samples():
    alaw = random.Random(711).randbytes(5000)
    whole = g711.pcm(alaw)

    assert len(whole) == 2 * len(alaw)
    for first, end in ((0, 0), (0, 1), (17, 18), (1000, 4321), (4999, 5000)):
        assert g711.pcm(alaw[first:end]) == whole[2 * first : 2 * end]


def test_a_peak_is_the_loudest_sample():
    rng = random.Random(1972)
    for _ in range(200):
        alaw = bytes(rng.choices(rng.choices(range(256), k=rng.randint(1, 5)), k=rng.randint(1, 30)))
        assert g711.peak(alaw) == max(abs(sample) >> 7 for sample in samples(alaw))
    assert g711.peak(b"") == 0


def test_silence_is_silent():
    assert samples(bytes([g711.SILENCE])) == [8]
