"""Name the processor that measures: networks take several times as long on one as on another."""

import platform
from pathlib import Path

UNKNOWN = "a processor that is not named"

# The networks choose by them how they calculate.
_INSTRUCTIONS = {
    "amx_bf16": "AMX",
    "amx_int8": "AMX",
    "avx512_vnni": "AVX-512 VNNI",
    "avx_vnni": "AVX VNNI",
}


def name(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return model and instructions, such as "Some CPU 7 (AMX, AVX-512 VNNI)"; "" if unknown."""
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor()
    first = dict(_setting(line) for line in text.partition("\n\n")[0].splitlines())
    flags = frozenset(first.get("flags", "").split())
    known = dict.fromkeys(said for flag, said in _INSTRUCTIONS.items() if flag in flags)
    model = first.get("model name") or platform.processor()
    instructions = f"({', '.join(known)})" if known else ""
    return f"{model} {instructions}".strip()


def _setting(line: str) -> tuple[str, str]:
    key, _, value = line.partition(":")
    return key.strip(), value.strip()
