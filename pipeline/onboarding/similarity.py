"""Rate how alike two short names are, from 0 to 100."""


def ratio(left: str, right: str) -> float:
    """Rate two texts: twice the length of their longest common subsequence, by the length of both.

    This is the "Indel" similarity that rapidfuzz calls `ratio`. Two empty texts rate 100.
    """
    total = len(left) + len(right)
    if total == 0:
        return 100.0
    return 100.0 * 2 * common_length(left, right) / total


def token_sort_ratio(left: str, right: str) -> float:
    """Rate two texts whose words may be in another order."""
    return ratio(" ".join(sorted(left.split())), " ".join(sorted(right.split())))


def common_length(left: str, right: str) -> int:
    """Compute the length of the longest common subsequence with one bit for each letter of `left`.

    Source: H. Hyyrö, "Bit-parallel LCS-length computation revisited" (2004). A column is compared
    with some hundred names, and the usual table of n x m cells takes a hundred times as long.
    """
    letter_bits: dict[str, int] = {}
    for position, letter in enumerate(left):
        letter_bits[letter] = letter_bits.get(letter, 0) | 1 << position
    all_bits = (1 << len(left)) - 1
    unmatched = all_bits
    for letter in right:
        matches = unmatched & letter_bits.get(letter, 0)
        unmatched = ((unmatched + matches) | (unmatched - matches)) & all_bits
    return len(left) - unmatched.bit_count()
