import pytest

from ligeia.codec.transform.scale_factors import NO_FILL, PROFILES, profile_of
from ligeia.errors import FormatError


def test_profiles_by_number():
    assert all(profile_of(number) is profile and profile.wire_id == number for number, profile in PROFILES.items())
    assert len({profile.name for profile in PROFILES.values()}) == len(PROFILES)
    with pytest.raises(FormatError, match=r"9 is no profile; there are: 0, 1"):
        profile_of(9)


def test_without_levels_nothing_follows_them():
    for profile in PROFILES.values():
        if not profile.levelled:
            assert (profile.slope, profile.loud, profile.spread, profile.past, profile.tilt) == (0, 0, 0, 0, 0)
            assert profile.fill == profile.fill_empty == NO_FILL
