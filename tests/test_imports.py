"""Who may import whom, what ``import mmbench`` loads, and that the four folders are one package."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("loaders", "metrics", "leaderboards")
LEAVES = {
    "mmbench.errors",
    "mmbench.files",
    "mmbench.discovery",
    "mmbench.web",
    "mmbench.scaffold",
    "mmbench.numbers",
    "mmbench.wording",
}  # they import nothing of ours but one another
MAY_IMPORT = {
    "mmbench.samples": set(),
    "mmbench.media": {"mmbench.samples"},  # it decodes the parts of samples
    "mmbench.metrics": set(),
    "mmbench.stats": set(),
    "mmbench.loaders": {"mmbench.samples", "mmbench.media"},
    "mmbench.models": {"mmbench.samples", "mmbench.media"},
    "mmbench.tasks": {"mmbench.samples", "mmbench.media", "mmbench.loaders", "mmbench.metrics"},  # modifiers decode and encode
    "mmbench.runs": {"mmbench.samples", "mmbench.tasks", "mmbench.metrics", "mmbench.stats"},
    "mmbench.engines": {"mmbench.samples", "mmbench.media", "mmbench.tasks", "mmbench.models", "mmbench.runs"},
    "mmbench.fusion": {
        "mmbench.samples",
        "mmbench.models",
        "mmbench.tasks",
        "mmbench.metrics",
        "mmbench.stats",
        "mmbench.runs",
        "mmbench.engines",
    },
    "mmbench.checking": {"mmbench.loaders", "mmbench.models", "mmbench.tasks", "mmbench.stats", "mmbench.samples"},
    "mmbench.data": {"mmbench.loaders"},
    "mmbench.importing": {"mmbench.runs", "mmbench.stats"},
    "mmbench.comparing": {"mmbench.runs", "mmbench.metrics", "mmbench.stats"},
    "mmbench.diagnosis": {"mmbench.samples", "mmbench.media", "mmbench.models"},
    "mmbench.submissions": {"mmbench.samples", "mmbench.loaders", "mmbench.metrics", "mmbench.runs"},
    "mmbench.leaderboards": {"mmbench.runs", "mmbench.stats", "mmbench.media"},
}  # fmt: skip
EVERYTHING = {"mmbench", "mmbench.api", "mmbench.cli", "mmbench.__main__"}
HEAVY = ("torch", "pandas", "datasets", "webdataset", "pyarrow", "numpy", "transformers")


def _modules() -> Iterator[tuple[str, Path]]:
    for folder in ("mmbench", *FOLDERS):
        for path in sorted((ROOT / folder).rglob("*.py")):
            inside = path.relative_to(ROOT)
            if folder == "mmbench" and inside.parts[1] in FOLDERS:
                continue  # the links
            name = ".".join(inside.with_suffix("").parts).removesuffix(".__init__")
            yield (name if folder == "mmbench" else f"mmbench.{name}"), path


def _part(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            whole = f"{node.module}.{node.names[0].name}" if node.module == "mmbench" else node.module
            found.add(whole)
    return {name for name in found if name == "mmbench" or name.startswith("mmbench.")}


@pytest.mark.parametrize(
    ("module", "path"), list(_modules()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_only_the_imports_of_the_table(module: str, path: Path) -> None:
    if _part(module) in EVERYTHING:
        return
    own = _part(module)
    allowed = LEAVES if own in LEAVES else MAY_IMPORT[own] | LEAVES | {own}
    wrong = {name for name in _imported(path) if _part(name) not in allowed and name != "mmbench"}
    assert not wrong, f"{module} may not import {sorted(wrong)}"


def test_import_mmbench_is_light() -> None:
    code = f"import sys, mmbench; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_can_be_reached() -> None:
    import mmbench

    assert all(getattr(mmbench, name) is not None for name in mmbench.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        mmbench.__getattr__("nothing")


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_is_not_a_package_of_its_own(folder: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import {folder}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert f"the folder {folder}/ is imported as mmbench.{folder}" in done.stderr
