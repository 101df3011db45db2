# ruff: noqa: E501  (rows of tables)
"""Write docs/fusion.md from the methods, tasks and settings themselves: ``python docs/fusion.py``; tests keep them together and run the example."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from mmbench.fusion.analyses.emap import ROWS as PROJECTED
from mmbench.fusion.analyses.noise import LEVELS
from mmbench.fusion.analyses.perceptual import REPEATS
from mmbench.fusion.base import Fusion
from mmbench.fusion.data.problems import refusal
from mmbench.fusion.data.reduction import DRAWN
from mmbench.fusion.protocol import Protocol
from mmbench.fusion.registry import all_fusions
from mmbench.fusion.report.standings import ALPHA, WEIGHED
from mmbench.fusion.search import DROPOUTS, LEARNING_RATES, WEIGHT_DECAYS, Config
from mmbench.fusion.study import LATE
from mmbench.fusion.switching import all_switches
from mmbench.fusion.synthetic import FAIL, PASS, Known, all_known, must_pass
from mmbench.fusion.testing import ROWS_OF_STEPS
from mmbench.fusion.training import CLIP, LEAST, WARM_UP
from mmbench.loaders.sources import PickleSource
from mmbench.loaders.sources.brought import BroughtSource
from mmbench.models.encoders import images, texts
from mmbench.models.encoders.sounds import BANDS, PIECES
from mmbench.runs.reported import reported
from mmbench.runs.scoring import RESAMPLES
from mmbench.tasks import Task, all_tasks

PAGE = Path(__file__).parent / "fusion.md"
RULES, DEFAULT = Protocol(), Config()
HEAD = """# Fusion methods, compared

Written from the methods, tasks and settings by `python docs/fusion.py`.

```console
$ mmbench fusion -t easy-vqa.open                              # all methods; a page, a table, a run per method
$ mmbench fusion -t fusion-xor.class -m concat,gmu,mutan       # some, on a made-up task whose answer is known
$ mmbench fusion -t cmu-mosi.regression --dry-run              # sizes, trainings, what is there already
$ mmbench fusion -t cmu-mosi.regression --sensitivity          # the same at half and twice the budget
$ mmbench fusion -t cmu-mosi.regression --search-per-seed      # each seed searches for itself: intervals cover that choice
$ mmbench list fusions                                         # `mmbench show gmu`, `mmbench show +modality-dropout`
```

`mmbench.compare_fusion("easy-vqa.open", methods="all")` is the same in Python. Our own tables: [easy-vqa](boards/fusion/easy-vqa.open.md),
[exclusive or](boards/fusion/fusion-xor.class.md). `index.html`, `table.md` and `results.json` are written to
`runs/fusion/TASK-BUDGET/`. The methods' runs lie beside all others: `mmbench leaderboard build runs` and `mmbench compare` read them.

**How to read the table.** Methods that share a rank (`1=`) are not told apart by these test items and seeds. A method *wins* only if it is
better than the best floor after Holm's correction: fusing has to beat not fusing. On toy data (easy-vqa, tuxstamps, `fusion-*`) a rank
says what a method can learn, not which one to use.
"""
METHODS = """
## Methods

d_m: features of modality m of M; h: width; c: outputs; *: elementwise. A linear head of h c + c parameters follows, but for methods whose
formula has c. *Vectors*: the mean over the steps that are there. *Additive*: a sum of functions of one modality each. A missing modality
is 0 behind a mask.

"""
TASKS = """
## Tasks

### From the files that people have

Most of these have no public host that can be pinned. Get the file from its authors, then bring it once (`mmbench show KEY` says where it
is, which sum it should have, and what is known to be wrong with it):

"""
KINDS = """
A task of your own works where it asks for one of fixed classes, one number, or words that training has, and has train, validation and
test rows. The other kinds are refused in a sentence:

"""
MADE_UP = f"""
### Made up, with known answers

Vectors of 16 numbers or short sequences, 4,000 train, 1,000 validation and 2,000 test rows; the same bytes on every machine. A method
*passes* from {PASS:.0%} of the way from chance to everything right, and *fails* up to {FAIL:.0%}. All methods that are not named must pass.

"""
OWN = """
## Your own method in ten lines

`inputs` holds per modality floats `(B, d_m)`, standardised and 0 where nothing is; `masks` per modality bools `(B,)`. The result is
`(B, width)`; the linear head is put on by us, the width is solved so that all methods have as many parameters. As `myfusion.py`:

"""
EXAMPLE = """```python
import torch
from torch import nn


class MyFusion(nn.Module):
    def __init__(self, dims, width, *, dropout=0.0):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(dim, width) for dim in dims)
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs, masks):
        hidden = [torch.tanh(layer(self.dropout(x))) for layer, x in zip(self.layers, inputs)]
        return sum(hidden) + torch.stack(hidden).prod(0)
```

"""
AFTER = """`mmbench fusion -t fusion-xor.class -m concat,myfusion:MyFusion` compares it. `mmbench fusions new NAME` writes such a module with a test of
the contract. On the class may stand:

| | |
|---|---|
| `sequences = True` | it gets steps `(B, T_m, d_m)` with masks `(B, T_m)`, and not their mean |
| `decides = True` | it is made with `(dims, width, outputs)` and returns class scores, or one value, itself |
| `additive = True` | it is a sum of functions of one modality each |
| `knobs = {"rank": (2, 4)}` | choices for the search, keyword arguments of `__init__`; the first is the default |
| `def extra_loss(self, targets, rows)` | a scalar that is added to the loss of a training batch, asked for right after its forward pass: targets `(B,)` and the numbers of the rows in the training split (for methods like MISA and Self-MM) |

A method that ships with mmbench is one file in `mmbench/fusion/methods/`; the generic tests find it.
"""
ENCODERS = """
## Your own encoders

Pictures, texts and sounds become one vector each by `frozen-features`: {image:,} numbers of EfficientNet-Lite0, {text:,} of all-MiniLM-L6-v2,
{audio:,} log-mel statistics. Another model that embeds takes their place, modality by modality:

```console
$ mmbench fusion -t easy-vqa.open --encoder image=open_clip:ViT-B-32/openai --encoder text=open_clip:ViT-B-32/openai
```

Any spec that `mmbench list models` knows will do, and `package.module:Factory`, as long as the model is not fitted and says its revision.
Each different part is embedded once; embeddings are shared with `mmbench run`. Encoders are part of the features' identity, so that
comparisons on different features never mix. A model that gives sequences is not taken: bring step-wise features as a dataset.
"""
DISK = """
## On disk, and going on

| below `--output-dir` | |
|---|---|
| `fusion/TASK-BUDGET/` | `index.html`, `table.md`, `results.json`; `--out` puts them elsewhere |
| `fusion-METHOD/TASK/ID/` | a run per method and floor, a repetition per seed: per-sample predictions and scores |
| `.fusion/features/ID/` | arrays per fold, split and modality, with facts; the id hashes task, data, encoders, `--reduce`, `--max-steps`, `--limit` |
| `.fusion/studies/ID/trainings/` | per method, trial and seed the record and the weights (safetensors) |
| `.fusion/studies/ID/tests/`, `test-reads.jsonl` | outputs and analyses on the test split; a line per look, written before it |
| `.embeddings/` | of encoders, as in [running](running.md) |

Broken off (Ctrl-C, `kill -9`), the same command trains only what is missing. More `--trials`, `--seeds` or methods add to what is there;
another budget, `--updates` or `--batch-size` is another study, and a module of your own whose source changed is trained anew. Where a
longer search chooses anew after a test, a second look is needed: it is counted in the table and said in a note. The outcome does not
depend on `--workers`. Whoever deletes `.fusion` loses the trainings and the log of the looks, and nothing else.
"""
LIMITS = """
## Not covered

- **Frozen features only.** Nothing is fine-tuned end to end, so methods that live in an encoder (MAG-BERT, fine-tuned BERT of MISA or
  Self-MM) are not comparable; their published numbers stand beside ours as grey rows, and are never ranked.
- Of the published methods the fusion is compared, with our head, loss (cross-entropy, or L1), optimiser and search, and not the authors'
  training recipe. Losses of their own (MISA, Self-MM, MFM, CCA) are not built in; `extra_loss` takes yours.
- Intervals cover test items and seeds. They do not cover another split, other features, or the choice of the search space.
- Tasks with one class or one number per sample. No multi-label tags, no retrieval, no free text beyond the answers of training.
- Dialogue context is not used: utterances are rows of their own. A speaker's rows stay together in the intervals where the dataset says so.
- FLOPs count matrix products, convolutions and attention; no elementwise work. Peak memory is that of one pass, not of training.
"""


def page() -> str:
    """The page's text."""
    methods = all_fusions()
    parts = [HEAD, _protocol(), _methods(methods), _switches(), _tasks(), _made_up(methods), _analyses()]
    widths = {"image": images.WIDTH, "text": texts.WIDTH, "audio": (PIECES + 1) * BANDS + 1}
    return "".join([*parts, OWN, EXAMPLE, AFTER, ENCODERS.format(**widths), DISK, LIMITS])


def _protocol() -> str:
    rates, decays = (f"{low:g} to {high:g}" for low, high in (LEARNING_RATES, WEIGHT_DECAYS))
    rows = [
        ("features", f"frozen, the same for all; standardised, then at most {RULES.reduce} principal components per modality (`--reduce`), both from train rows only (at most {DRAWN:,} steps); sequences averaged down to {RULES.max_steps} steps (`--max-steps`)",
         "one encoder per method decides more than the fusion does: MultiBench and MMSA mix them"),
        ("size", f"{RULES.budget:,} trained parameters with the head (`--budget`), within {RULES.tolerance:.0%}: the width is solved from the formulas below; a method that cannot is left out, and it is said",
         "in MMSA's tables methods differ by up to 131 times"),
        ("search", f"{RULES.trials} trials (`--trials`): learning rate {rates} and weight decay {decays} (both log-uniform), dropout {', '.join(map(str, DROPOUTS))}, and the method's knobs. Trial k draws the same for all; the first is the default: {DEFAULT.learning_rate:g}, {DEFAULT.weight_decay:g}, {DEFAULT.dropout:g}",
         "random search: Bergstra & Bengio 2012; the same effort for all, and the expected best of k trials beside it: Dodge et al. 2019, arXiv:1909.03004"),
        ("choice", "the task's measure on the validation split, first seed", "MMSA's tuning has selected on test since 2022"),
        ("training", f"AdamW, {RULES.batch_size} rows, {WARM_UP} updates of warm-up, gradient norm at most {CLIP:g}, at most {RULES.updates:,} updates; the validation loss is looked at every {RULES.check}, and {RULES.patience} looks without {LEAST:g} less end it; the best look's weights are kept",
         "Loshchilov & Hutter 2019, arXiv:1711.05101"),
        ("seeds", f"{RULES.seeds} of the chosen configuration (`--seeds`): initial weights, order, dropout; the value is their mean", "Bouthillier et al. 2021, MLSys, arXiv:2103.03098"),
        ("test", "one look per trained model, logged before it is taken; training code cannot open the split", "a number that was chosen on test is no test"),
        ("floors", f"majority; each modality alone with the whole budget; their ensemble with an equal share each; the average of decisions (`{LATE}`); a lookup of speaker, show or exact text", "Wang et al. 2020, arXiv:1905.12681: joint training often loses to the best modality. On MUStARD the majority per speaker has a weighted F1 of .688"),
        ("intervals", f"95 %, of {RESAMPLES:,} resamples ({WEIGHED:,} of measures that no sums give; more where Holm's correction needs them), of clusters of test rows (what samples share), the same for all, and of S - 1 of S seeds; simulated coverage .92 with 5 seeds that spread wider than the rows", "Rao & Wu 1988 for S - 1; Davison & Hinkley 1997, section 3.8, for nested resampling"),
        ("differences", f"paired on the same resampled rows; p-values corrected over all pairs of methods, and once more over all comparisons with the best floor, at {ALPHA:g}", "Holm 1979"),
        ("tie groups", "a method opens a new rank when it is worse than the first of the rank above", ""),
        ("search per seed", "every seed searches for itself, and keeps its own choice (`--search-per-seed`): `--seeds` times as many trials", "which setting wins a search is chance as well: the intervals then cover it (Bouthillier et al. 2021)"),
        ("sensitivity", "all of it again at half and twice the budget (`--sensitivity`)", "a rank that changes with the budget is no rank"),
    ]  # fmt: skip
    return "\n## The protocol\n\n" + _table(("", "what", "why"), rows)


def _methods(methods: Sequence[Fusion]) -> str:
    rows = [
        (
            f"`{one.name}`",
            one.title,
            "steps" if one.sequences else "vectors",
            "yes" if one.additive else "",
            f"`{one.equation}`",
            f"`{one.formula}`",
            _knobs(one.knobs),
            one.paper,
        )
        for one in methods
    ]
    head = ("name", "", "takes", "additive", "equation", "parameters", "knobs", "paper")
    return METHODS + _table(head, rows)


def _switches() -> str:
    rows = [(f"`+{one.name}`", one.equation, _knobs(one.knobs), one.paper) for one in all_switches()]
    text = "\n### Switches\n\nThey change how any method is trained, and add no parameter: `gmu+modality-dropout`, `mult+gradient-blending+modality-dropout`.\n\n"
    return text + _table(("name", "what it does", "knobs", "paper"), rows)


def _tasks() -> str:
    works = [task for task in all_tasks() if refusal(task) is None]
    brought = [task for task in works if task.card.access == "user-file"]
    built = [task for task in works if task not in brought and task.id not in {known.task for known in all_known()}]
    head = ("task", "rows: train / validation / test", "measure", "file", "published rows beside it")
    text = (
        TASKS
        + "".join(["```console\n", *(f"$ {line}\n" for line in _brings(brought)), "```\n\n"])
        + _table(head, [_brought(task) for task in sorted(brought, key=lambda task: task.id)])
        + "\n### Built in\n\n"
        + _table(("task", "shows", "measure", "what it is good for"), [_built(task) for task in built])
        + KINDS
    )
    return text + _table(("kind", "works", "refused", "for example"), _kinds())


def _brings(tasks: Iterable[Task]) -> list[str]:
    lines = []
    for task in {task.dataset: task for task in sorted(tasks, key=lambda task: task.id)}.values():
        files = _files(task)
        more = "   # and so on, file by file, as below" if len(files) > 1 else ""
        lines.append(f"mmbench download {task.dataset} --from {files[0]}{more}")
    return lines


def _files(task: Task) -> list[str]:
    source = task.card.source
    if isinstance(source, BroughtSource):
        return list(source.expects)
    return [source.name] if isinstance(source, PickleSource) else []


def _brought(task: Task) -> tuple[str, ...]:
    ours = [one for one in reported(task.dataset) if one.metric == task.primary]
    counts = [task.card.splits[name].count for name in ("train", "validation", "test")]
    known = [f"{count:,}" if isinstance(count, int) else "unknown" for count in counts]
    rows = "unknown" if set(known) == {"unknown"} else " / ".join(known)
    files = ", ".join(f"`{name}`" for name in _files(task))
    return (f"`{task.id}`", rows, f"`{task.primary}`", files, str(len(ours) or ""))


USES = {
    "easy-vqa.open": "a diagnostic: a lookup of the question alone gets .67, and stands in the table",
    "openmoji-sentiment.regression": "five folds of 615 emoji, labels from tweets",
    "tuxstamps.category": "three modalities by people, some missing; the name can give the topic away. Needs Debian's `tuxpaint-stamps-default`",
}


def _built(task: Task) -> tuple[str, ...]:
    return (f"`{task.id}`", ", ".join(sorted(task.modalities)), f"`{task.primary}`", USES.get(task.id, task.title))


def _kinds() -> list[tuple[str, ...]]:
    tasks = sorted(all_tasks(), key=lambda task: (task.kind, task.id))
    rows: list[tuple[str, ...]] = []
    for kind, found in groupby(tasks, key=lambda task: task.kind):
        said = [refusal(task) for task in found]
        reasons = [reason for reason in said if reason is not None]
        rows.append(
            (
                kind,
                str(said.count(None) or ""),
                str(len(reasons) or ""),
                reasons[0].partition(": ")[0] if reasons else "",
            )
        )
    return rows


def _made_up(methods: Sequence[Fusion]) -> str:
    known = all_known()
    rows = [(f"`{one.task}`", one.why, _alone(one), f"{one.without:.2f}", _fails(one, methods)) for one in known]
    head = ("task", "what tells the class", "best of one modality", "best without it", "must fail")
    return MADE_UP + _table(head, rows)


def _alone(one: Known) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in one.alone.items())


def _fails(one: Known, methods: Sequence[Fusion]) -> str:
    failing = [f"`{method.name}`" for method in methods if not must_pass(method, one)]
    if not failing or not one.order:
        return ", ".join(failing) or "none"
    return "all that take vectors: " + ", ".join(failing)


def _analyses() -> str:
    rows = [
        ("noise", f"Gaussian noise of {', '.join(f'{level:g}' for level in LEVELS)} standard deviations of each feature (of train), per modality and joint; the same draw for all methods. Area: trapezoid over the true levels. Retention: (A(s) - chance) / (A(0) - chance)", "the idea of Taori et al. 2020, arXiv:2007.00644; in MultiBench noise is not in units of the features and its scale depends on stored baselines"),
        ("effective robustness", f"mean over levels of A(s) - (A_late(s) + A(0) - A_late(0)), with `{LATE}` measured in the same comparison", "Taori et al. 2020; Liang et al. 2021, arXiv:2107.07502"),
        ("missing modalities", "the value with every subset of modalities, the others masked, none included", "Ma et al. 2022, arXiv:2204.05454"),
        ("SHAPE", "Shapley value of each modality over these subsets; cooperation = V(all) - V(none) - sum_m (V(m) - V(none)), V(none) being the majority's value; with three modalities pairs too", "Hu, Li & Zhou 2022, arXiv:2205.00302"),
        ("perceptual score", f"the value less its mean over {REPEATS} permutations of one modality across rows", "Gat, Schwartz & Schwing 2021, arXiv:2110.14375"),
        ("EMAP", f"the value less that of the model's additive projection, on {PROJECTED} test rows ({ROWS_OF_STEPS} of sequences, for methods that take steps): what only interaction brings", "Hessel & Lee 2020, arXiv:2010.06572"),
        ("cost", "trained parameters, FLOPs and milliseconds per row, seconds per training, peak memory of a pass; the Pareto front of value against each", "Dodge et al. 2019 for cost beside quality"),
    ]  # fmt: skip
    return (
        "\n## Analyses\n\nOf every trained model, on the test split in the same look, averaged over seeds. `results.json` has all numbers.\n\n"
        + _table(("analysis", "what", "after"), rows)
    )


def _knobs(knobs: Mapping[str, Sequence[object]]) -> str:
    return "; ".join(f"{name} {', '.join(map(str, values))}" for name, values in knobs.items())


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
