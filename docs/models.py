# ruff: noqa: E501  (rows of tables)
"""Write docs/models.md from the adapters themselves: ``python docs/models.py``; a test keeps the two together, and runs the example."""

import ast
import inspect
from pathlib import Path

from mmbench.models import all_adapters, all_models
from mmbench.models.base import Adapter, capabilities

PAGE = Path(__file__).parent / "models.md"
FOLDER = Path(__file__).parent.parent / "mmbench" / "models" / "adapters"
ELSEWHERE = {"openai": ("served",), "file": ("files",)}  # folders of helpers beside the adapters
HEAD = """# Models

Written from the adapters by `python docs/models.py`. A model is named by a *spec*: a name of the catalog, a prefix with a name behind it,
a name of the entry-point group `mmbench.models`, or `package.module:Factory`. `mmbench list models` shows all of them.

```console
$ mmbench run -m transformers:openai/clip-vit-base-patch32 -t flickr30k.t2i --limit 500
$ mmbench run -m transformers:Qwen/Qwen2.5-VL-3B-Instruct -t easy-vqa.open --model-args 'max_pixels: 1000000'
```

- **Weights** come from the hub at one commit, or from a folder; only safetensors, and no code of a repository is ever run. A checkpoint
  that lacks weights is refused, since the library would fill them with random numbers.
- **Identity**: the hub's commit, or a digest of weights and configuration. The same folder elsewhere is the same run; no path of your machine
  enters a record. `--device` and `--dtype` are provenance.
- **In a batch as alone**: prompts are padded on the left, sounds that a model cannot mask go one by one, draws at a temperature have a generator
  per sample.
- **Errors stay with their sample**: a picture that does not decode, a prompt longer than the context.

## Your own model in ten lines

Any object with `embed`, `generate`, `predict` or `score_pairs` is a model (`mmbench/models/base.py`). A CLIP of your own:

"""
EXAMPLE = """```python
import mmbench
from mmbench.media import decode_image
from strangers_clip import StrangersClip


class MyClip:
    def __init__(self):
        self.clip = StrangersClip()

    def embed(self, samples, *, modalities, role=None, instruction=None):
        if "image" in modalities:
            return self.clip.encode_images([decode_image(sample.image, sample.id) for sample in samples])
        return self.clip.encode_texts([sample.text for sample in samples])


run = mmbench.evaluate(MyClip(), "retrieval:photos")
```

"""
TAIL = """`mmbench run -m mymodule:MyClip -t flickr30k.t2i` does the same. Give it `card = mmbench.models.ModelCard(name, revision, modalities)`
so that boards know it and runs resume.
"""
IDS: dict[str, tuple[str, ...]] = {  # what people know these libraries by
    "transformers": (
        "transformers:openai/clip-vit-large-patch14", "transformers:google/siglip-so400m-patch14-384",
        "transformers:google/siglip2-base-patch16-naflex", "transformers:laion/clap-htsat-unfused",
        "transformers:Salesforce/blip-itm-base-coco", "transformers:llava-hf/llava-1.5-7b-hf",
        "transformers:Qwen/Qwen2.5-VL-3B-Instruct", "transformers:Qwen/Qwen2-Audio-7B-Instruct", "transformers:Qwen/Qwen3-0.6B",
        "transformers:openai/whisper-large-v3", "transformers:facebook/wav2vec2-base-960h",
    ),
    "sentence_transformers": (
        "sentence_transformers:sentence-transformers/all-MiniLM-L6-v2", "sentence_transformers:intfloat/multilingual-e5-base",
        "sentence_transformers:sentence-transformers/clip-ViT-B-32",
    ),
    "open_clip": ("open_clip:ViT-B-32/openai", "open_clip:ViT-L-14/datacomp_xl_s13b_b90k", "open_clip:hf-hub:timm/ViT-B-16-SigLIP"),
    "mteb": ("mteb:intfloat/multilingual-e5-small", "mteb:openai/clip-vit-base-patch32"),
    "lmms": ("lmms:qwen2_5_vl",),
}  # fmt: skip
ABOUT = {
    "transformers": """What a checkpoint is, its configuration says:

| kind | classes | can |
|---|---|---|
| dual encoder | every class with `get_text_features` and `get_image_features` or `get_audio_features` (CLIP, SigLIP, SigLIP 2, CLAP, ALIGN, …) | `embed` |
| matcher | `BlipForImageTextRetrieval` | `score_pairs`, `embed` |
| chat model | the library's image-text-to-text and multimodal models, by their own chat template; without one (BLIP-2, PaliGemma) the text as it is | `generate` |
| language model | causal language models, by their chat template or as they are | `generate` |
| speech | Whisper and other speech-to-text models; CTC models (wav2vec 2.0, HuBERT), greedily | `generate` |

Temperature 0 is greedy. Control tokens in a question are read as text. Some processors need torchvision (Qwen2-VL and its like). A sound
beyond Whisper's 30 s goes through the library's long-form algorithm; CLAP's random crop of long sounds is drawn from one seed. Video,
Voxtral (it needs mistral-common) and models in several pieces on several devices are left out.""",
    "sentence_transformers": """Queries go through `encode_query` and documents through `encode_document`, so that the model's own prompts are used. What it takes (texts,
pictures, sounds, both at once) the model itself says.""",
    "open_clip": """Needs torchvision, of the same build as torch. A tag of the library is identified by its name and the library's version, a checkpoint and a
repository by their content.""",
    "mteb": """`pip install mteb`. The role is the prompt type, the instruction the task's prompt. Where MTEB pins no commit, the run is identified by MTEB's
version. Models that need code of their repository are refused; sounds need torchaudio.""",
    "lmms": """`pip install lmms-eval`. Chat models get the conversation; simple ones its text and, beside it, the media in order. lmms-eval says nothing of
what a model takes, nor of its weights: a run is identified by lmms-eval's version and the arguments, so pin a revision there if the class takes one.""",
}


def page() -> str:
    """The page's text."""
    sections = "".join(map(_section, all_adapters()))
    return HEAD + EXAMPLE + TAIL + sections + _catalog() + _lines()


def _section(adapter: Adapter) -> str:
    install = f"`pip install 'mmbench[{adapter.extra}]'`. " if adapter.extra else ""
    able = ", ".join(f"`{one}`" for one in adapter.can)
    ids = " · ".join(f"`{one}`" for one in IDS.get(adapter.prefix, (adapter.example,)))
    about = f"\n{ABOUT[adapter.prefix]}\n" if adapter.prefix in ABOUT else ""
    return f"\n## `{adapter.prefix}:`\n\n{adapter.summary} {install}Can {able}.\n\n{ids}\n{about}{_arguments(adapter)}"


def _arguments(adapter: Adapter) -> str:
    """What ``--model-args`` takes, from the docstring of the adapter's ``make``."""
    text = inspect.cleandoc(adapter.make.__doc__ or "")
    listed = text.partition("Args:\n")[2].partition("\n\n")[0]
    rows = [" ".join(line.split()) for line in inspect.cleandoc(listed).replace("\n    ", " ").splitlines()]
    named = [row.partition(": ") for row in rows]
    lines = [f"| `{name}` | {said.replace('``', '`').replace('|', '/')} |\n" for name, _, said in named]
    return "\n| argument | |\n|---|---|\n" + "".join(lines) if lines else ""


def _catalog() -> str:
    rows = [
        f"| `{one.card.name}` | {', '.join(capabilities(one.make))} | {one.card.summary} |\n" for one in all_models()
    ]
    return "\n## The catalog\n\n| model | can | |\n|---|---|---|\n" + "".join(rows)


def _lines() -> str:
    head = (
        "\n## Lines per adapter\n\nWhat lies in an adapter's file and its helpers, without blank lines; *code* without comments and docstrings too. "
        "One adapter\nserves every model of its library; harnesses that adapt model by model need a median of 321 (lmms-eval) and 167 "
        "(VLMEvalKit) lines each.\n\n| adapter | lines | code |\n|---|---:|---:|\n"
    )
    rows = []
    for adapter in all_adapters():
        folders = [FOLDER / f"_{adapter.prefix}", *[FOLDER.parent / name for name in ELSEWHERE.get(adapter.prefix, ())]]
        files = [FOLDER / f"{adapter.prefix}.py", *sorted(path for folder in folders for path in folder.glob("*.py"))]
        counts = [counted(file.read_text(encoding="utf-8")) for file in files if file.is_file()]
        rows.append(
            f"| `{adapter.prefix}:` | {sum(lines for lines, _ in counts)} | {sum(code for _, code in counts)} |\n"
        )
    return head + "".join(rows)


def counted(source: str) -> tuple[int, int]:
    """The lines of a module that are not blank, and those of them that are neither comment nor docstring."""
    lines = source.splitlines()
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    documented = [
        node.body[0] for node in ast.walk(ast.parse(source)) if isinstance(node, kinds) and ast.get_docstring(node)
    ]
    words = {line for first in documented for line in range(first.lineno, (first.end_lineno or first.lineno) + 1)}
    filled = [number for number, line in enumerate(lines, start=1) if line.strip()]
    code = [number for number in filled if number not in words and not lines[number - 1].lstrip().startswith("#")]
    return len(filled), len(code)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
