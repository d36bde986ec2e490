"""Weapons of CS:GO and CS2 by item definition index, with their slots."""

from __future__ import annotations

_SLOTS: dict[int, dict[int, str]] = {
    1: {
        7: "ak47", 8: "aug", 9: "awp", 10: "famas", 11: "g3sg1", 13: "galilar", 14: "m249", 16: "m4a1", 17: "mac10",
        19: "p90", 23: "mp5sd", 24: "ump45", 25: "xm1014", 26: "bizon", 27: "mag7", 28: "negev", 29: "sawedoff",
        33: "mp7", 34: "mp9", 35: "nova", 38: "scar20", 39: "sg556", 40: "ssg08", 60: "m4a1_silencer",
    },
    2: {
        1: "deagle", 2: "elite", 3: "fiveseven", 4: "glock", 30: "tec9", 32: "hkp2000", 36: "p250",
        61: "usp_silencer", 63: "cz75a", 64: "revolver",
    },
    3: {
        31: "taser", 41: "knifegg", 42: "knife", 59: "knife_t", 500: "bayonet", 503: "knife_css", 505: "knife_flip",
        506: "knife_gut", 507: "knife_karambit", 508: "knife_m9_bayonet", 509: "knife_tactical", 512: "knife_falchion",
        514: "knife_survival_bowie", 515: "knife_butterfly", 516: "knife_push", 517: "knife_cord",
        518: "knife_canis", 519: "knife_ursus", 520: "knife_gypsy_jackknife", 521: "knife_outdoor",
        522: "knife_stiletto", 523: "knife_widowmaker", 525: "knife_skeleton", 526: "knife_kukri",
    },
    4: {43: "flashbang", 44: "hegrenade", 45: "smokegrenade", 46: "molotov", 47: "decoy", 48: "incgrenade"},
    5: {49: "c4", 57: "healthshot"},
}  # fmt: skip

NAMES = {index: f"weapon_{name}" for slot in _SLOTS.values() for index, name in slot.items()}
"""Item definition index -> name in Game State Integration."""
SLOTS = {f"weapon_{name}": number for number, slot in _SLOTS.items() for name in slot.values()}
"""Name -> slot, the number key that selects the weapon."""
