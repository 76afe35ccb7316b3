from dataclasses import replace

from made_fits import small, tone

from ligeia.fitting.forewarned import plan_warnings
from ligeia.fitting.plan import make_plan
from ligeia.fitting.recipes import BY_NAME, recipe_named


def test_nothing_speaks_against_our_own_recipe():
    sound = tone(0.5, 2000)
    assert plan_warnings(make_plan(sound, recipe_named("ligeia")), sound) == []


def test_the_duration_of_the_blocks_decides():
    sound = tone(1.0, 3000)
    notebook = BY_NAME["siren-notebook"]  # omega 3000: 95 Hz in ten seconds, 955 Hz in one
    assert plan_warnings(make_plan(sound, notebook), sound) == []
    longer = tone(10.0, 3000)
    (said,) = plan_warnings(make_plan(longer, notebook), longer)
    assert "reaches 95 Hz" in said
    cut = replace(notebook, block_seconds=1.0)
    assert plan_warnings(make_plan(longer, cut), longer) == []


def test_what_a_loss_leaves_out_is_said_too():
    sound = tone(0.1, 200)  # 191 Hz is what the recipe reaches
    (said,) = plan_warnings(make_plan(sound, small(stride=1, mel_weight=1.0)), sound)
    assert said.startswith("mel_weight does without transforms of 2048 samples, as a step sees 800")
