"""What the three commands that enhance have in common."""

import json
from dataclasses import dataclass

import numpy as np
import soundfile

from ligeia.cli.batch import run_jobs
from ligeia.cli.console import Console
from ligeia.cli.enhancing import Enhancing, time_line, wrote_line
from ligeia.cli.targets import Place

FACTS = {"output": "b.wav", "seconds": 2.0, "rate": 8000, "channels": 1, "subtype": "PCM_16", "elapsed_seconds": 0.5}


@dataclass(frozen=True)
class Copy(Enhancing):
    verb = "copy"

    def write(self, sound, console):
        soundfile.write(self.place.target, sound.read(0, sound.sample_count).T, sound.rate)
        return {**FACTS, "method": "copy", "notes": []}

    def findings(self, facts):
        return [wrote_line(facts), time_line(facts)]


def places(folder, count):
    samples = np.zeros(80)
    for n in range(count):
        soundfile.write(folder / f"{n}.wav", samples, 8000)
    return [Place(folder / f"{n}.wav", folder / f"{n}_out.wav", None, None, overwrite=True) for n in range(count)]


def test_one_recording_gives_its_facts_and_several_a_list_of_them(tmp_path, capsys):
    run_jobs(places(tmp_path, 1), Copy, Console(as_json=True), several=False)
    assert json.loads(capsys.readouterr().out)["method"] == "copy"
    run_jobs(places(tmp_path, 2), Copy, Console(as_json=True), several=True)
    outputs = json.loads(capsys.readouterr().out)["recordings"]
    assert [entry["input"].rsplit("/", 1)[-1] for entry in outputs] == ["0.wav", "1.wav"]


def test_people_are_told_what_was_written_and_how_fast(tmp_path, capsys):
    run_jobs(places(tmp_path, 1), Copy, Console(), several=False)
    told = capsys.readouterr().out
    assert "b.wav: 2.00 s, 8000 Hz, 1 channel(s), PCM_16" in told
    assert "times real time" in told
