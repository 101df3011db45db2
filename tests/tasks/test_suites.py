"""Suites of the catalog and of the user, and the life of a task after a mistake."""

from dataclasses import replace
from pathlib import Path

import pytest

from mmbench.api import list_tasks, selected_tasks
from mmbench.errors import UserError
from mmbench.models import load_model
from mmbench.tasks import all_suites, get_suite, get_task, is_suite
from mmbench.tasks.base import Task

GOOD = "name: mine-1\ntitle: My suite\ntasks: {flickr30k.t2i: 1, esc50.probe: 1}\nbeside: [clotho.a2t]\n"


def written(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text)
    return str(path)


def test_a_yaml_file_is_a_suite(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    assert is_suite(path)
    suite = get_suite(path)
    assert (suite.name, suite.title, suite.toy, suite.aggregation) == ("mine-1", "My suite", False, "mean-gain")
    assert dict(suite.tasks) == {"flickr30k.t2i": 1, "esc50.probe": 1}
    assert suite.beside == ("clotho.a2t",)
    tasks = selected_tasks(load_model("constant"), path)
    assert [task.id for task in tasks] == ["flickr30k.t2i", "esc50.probe"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: [", "cannot be read as YAML"),
        ("- flickr30k.t2i", "has to hold names and values"),
        (GOOD + "weights: 3", "has a field 'weights': a suite has name, title, tasks"),
        ("title: x\ntasks: {flickr30k.t2i: 1}", "has no name, a text"),
        ("name: a/b\ntitle: x\ntasks: {flickr30k.t2i: 1}", "the name 'a/b' may hold"),
        ("name: a\ntitle: x", "lists no tasks"),
        ("name: a\ntitle: x\ntasks: [flickr30k.t2i]", "lists no tasks: write each with its version"),
        (
            "name: a\ntitle: x\ntasks: {flickr30k.t2j: 1}",
            r"There is no task named 'flickr30k.t2j': did you mean flickr30k",
        ),
        ("name: a\ntitle: x\ntasks: {flickr30k.t2i: 2}", "in version 2, and this mmbench has version 1"),
        ("name: a\ntitle: x\ntasks: {flickr30k.t2i: yes}", "has to be a number, now 1"),
        ("name: a\ntitle: x\ntasks: {3: 1}", "3 is no task id"),
        (
            "name: a\ntitle: x\ntasks: {'retrieval:openmoji-sentiment#i2t': 1}",
            "is on data of your own; a suite holds tasks",
        ),
        (GOOD.replace("clotho.a2t", "esc50.probe"), "among the tasks and beside them"),
        (GOOD.replace("[clotho.a2t]", "clotho.a2t"), "beside has to be a list"),
        (GOOD + "aggregation: median", "no aggregation 'median', only mean-gain or none"),
    ],
)
def test_a_wrong_file_is_answered_in_one_sentence(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said) as raised:
        get_suite(written(tmp_path, text))
    assert "\n" not in str(raised.value)


def test_a_missing_file_says_how_one_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no file .*a suite of your own is a YAML file, as name: my-suite-1"):
        get_suite(str(tmp_path / "none.yml"))


def test_every_task_of_a_dated_suite_has_a_score_with_chance() -> None:
    for suite in all_suites():
        for key in suite.tasks:
            task = get_task(key)
            facts = task.metric.keys[task.primary]
            assert facts.higher_is_better or suite.aggregation == "none"
            assert not facts.count


def test_a_deprecated_task_is_marked_and_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    old: Task = replace(get_task("flickr30k.t2i"), deprecated=True, superseded_by="coco-karpathy.t2i")
    assert old.state == "deprecated, superseded by coco-karpathy.t2i"
    said: list[str] = []
    assert selected_tasks(load_model("constant"), [old], said.append) == [old]
    assert said == ["flickr30k.t2i is deprecated, superseded by coco-karpathy.t2i: it still runs, and is in no suite."]
    with pytest.warns(UserWarning, match=r"flickr30k\.t2i is deprecated"):
        selected_tasks(load_model("constant"), old)
    monkeypatch.setattr("mmbench.api.all_tasks", lambda: [old])
    assert list(list_tasks()["state"]) == [old.state]
