import pytest

from ligeia.bench.codec import CodecError
from ligeia.bench.programs import ENCODED, RATE, WAV, ProgramCodec


def made_up(**changes):
    fields = {
        "family": "made",
        "setting": "5",
        "suffix": ".made",
        "encoder": ("madeenc", "-q"),
        "options": ("-ar", RATE, "-b", "5"),
        "decoder": ("madedec", ENCODED, WAV),
        "banner": lambda: "madeenc 1.0",
    }
    return ProgramCodec(**{**fields, **changes})


@pytest.fixture
def made_programs(program):
    program("madeenc", 'echo "$@" > "$7"')
    program("madedec", 'cp "$1" "$2"')


def test_commands(made_programs, write_tone, tmp_path, monkeypatch):
    codec, wav = made_up(rates=(8000, 16000)), write_tone(11025)
    monkeypatch.chdir(tmp_path)
    usage = codec.encode(wav.relative_to(tmp_path), (tmp_path / "-x.made").relative_to(tmp_path), 20)
    assert (tmp_path / "-x.made").read_text() == f"-q -ar 8000 -b 5 {wav} {tmp_path}/-x.made\n"
    assert usage.seconds > 0
    codec.decode(tmp_path / "-x.made", tmp_path / "back.wav", 20)
    assert (tmp_path / "back.wav").read_bytes() == (tmp_path / "-x.made").read_bytes()


def test_rate_of_the_sound_where_all_are_taken(made_programs, write_tone, tmp_path):
    made_up().encode(write_tone(11025), tmp_path / "a.made", 20)
    assert "-ar 11025 " in (tmp_path / "a.made").read_text()


def test_version_needs_both_programs(program, made_programs):
    assert made_up(rates=(8, 16)).version() == "madeenc 1.0; -ar 8|16 -b 5"
    with pytest.raises(CodecError, match="other is not installed"):
        made_up(decoder=("other", ENCODED, WAV)).version()
    with pytest.raises(CodecError, match="other is not installed"):
        made_up(encoder=("other",)).version()


def test_missing_programs(no_programs, write_tone, tmp_path):
    with pytest.raises(CodecError, match="madeenc is not installed"):
        made_up().encode(write_tone(8000), tmp_path / "a", 20)
    with pytest.raises(CodecError, match="madedec is not installed"):
        made_up().decode(tmp_path / "a", tmp_path / "b", 20)


def test_sounds_that_are_refused(made_programs, write_tone, tmp_path):
    def check(shape):
        raise CodecError(f"not {shape.channels}")

    with pytest.raises(CodecError, match=r"^not 2$"):
        made_up(check=check).encode(write_tone(8000, 2), tmp_path / "a", 20)


def test_programs_that_fail(program, write_tone, tmp_path):
    program("madeenc", "echo no >&2; exit 1")
    program("madedec", "exec sleep 30")
    with pytest.raises(CodecError, match=r"^madeenc: no$"):
        made_up().encode(write_tone(8000), tmp_path / "a", 20)
    with pytest.raises(CodecError, match=r"^madedec: no answer within 0\.2 s$"):
        made_up().decode(tmp_path / "a", tmp_path / "b", 0.2)
