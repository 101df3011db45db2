"""The adapter ``openai:`` against a real server: ``transformers serve`` with a tiny random LLaVA, whole, killed and started again.

    python benchmarks/served.py --server-python /path/to/venv/bin/python

The server's environment needs ``transformers[serving]``, torch and pillow; nothing is downloaded. The same questions are asked twice: of a
server that stays, and of one that is killed in the middle and comes back after ``--away`` seconds. The answers have to be the same.
"""

import argparse
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAME = "tiny-llava"
TASK = "easy-vqa.open"
BATCH = 8
TEMPLATE = (
    "{% for turn in messages %}{{ turn['role'] }}: {% if turn['content'] is string %}{{ turn['content'] }}{% else %}"
    "{% for part in turn['content'] %}{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}{% endfor %}"
    "{% endif %}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"
)


def main() -> None:
    """Build the model, run both, print one line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server-python", default=sys.executable, help="an interpreter with transformers[serving]")
    parser.add_argument("--limit", type=int, default=50, help="questions")
    parser.add_argument("--away", type=float, default=10.0, help="seconds without a server")
    parser.add_argument("--build", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.build:
        build(Path(args.build))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        subprocess.run([args.server_python, __file__, "--build", str(folder / NAME)], check=True, capture_output=True)  # noqa: S603
        whole = asked(folder, args.server_python, args.limit, away=None)
        broken = asked(folder, args.server_python, args.limit, away=args.away)
    same = sum(broken[key] == text for key, text in whole.items())
    print(f"{same} of {len(whole)} answers are the same; {len(broken)} were given with the server away for a while")
    sys.exit(whole != broken)


def build(folder: Path) -> None:
    """Save a LLaVA of random weights with a tokenizer of bytes."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    hf: Any = importlib.import_module("transformers")
    torch.manual_seed(0)
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    tokens = ["<pad>", "<s>", "</s>", "<image>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    bytes_ = Tokenizer(models.BPE(vocab={token: index for index, token in enumerate(tokens)}, merges=[]))
    bytes_.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_.decoder = decoders.ByteLevel()
    names = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}
    tokenizer = hf.PreTrainedTokenizerFast(tokenizer_object=bytes_, extra_special_tokens=["<image>"], **names)
    text = hf.LlamaConfig(vocab_size=len(tokens), num_key_value_heads=2, max_position_embeddings=2048, **small)
    vision = hf.CLIPVisionConfig(image_size=32, patch_size=8, **small)
    config = hf.LlavaConfig(vision_config=vision, text_config=text, image_token_id=3, vision_feature_layer=-1)
    hf.LlavaForConditionalGeneration(config).save_pretrained(folder)
    hf.LlavaProcessor(
        hf.CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}),
        tokenizer,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=TEMPLATE,
    ).save_pretrained(folder)


def asked(folder: Path, python: str, limit: int, away: float | None) -> dict[str, str]:
    """One run, in which the server is killed and gone for ``away`` seconds; returns the answers by id."""
    port, out = free_port(), folder / ("whole" if away is None else "broken")
    command = [sys.executable, "-m", "mmbench", "run", "-m", f"openai:http://127.0.0.1:{port}/v1#{NAME}", "-t", TASK]
    command += ["--limit", str(limit), "--batch-size", str(BATCH), "-o", str(out), "--json"]
    began = time.perf_counter()
    with serving(folder, python, port) as server:
        run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # noqa: S603
        if away is not None:
            while stored(out) < limit // 3 and run.poll() is None:
                time.sleep(0.05)
            server.send_signal(signal.SIGKILL)
            server.wait()
            time.sleep(away)
            with serving(folder, python, port):
                _, complaint = run.communicate()
        else:
            _, complaint = run.communicate()
    if run.returncode:
        sys.exit(complaint.decode())
    how = "a server that stays" if away is None else f"a server killed and away for {away:g} s"
    (record,) = (json.loads(path.read_bytes()) for path in out.rglob("run.json"))
    found = answers(out)
    print(f"{how}: {len(found)} answers in {time.perf_counter() - began:.1f} s, {record['provenance']['witnessed']}")
    return found


@contextmanager
def serving(folder: Path, python: str, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """The real server, once it answers."""
    command = [str(Path(python).with_name("transformers")), "serve", NAME, "--device", "cpu", "--host", "127.0.0.1"]
    offline = {**os.environ, "HF_HUB_OFFLINE": "1"}
    with subprocess.Popen(  # noqa: S603
        [*command, "--port", str(port)], cwd=folder, env=offline, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            while not healthy(port):
                if server.poll() is not None:
                    sys.exit(f"the server ended with {server.returncode}: is transformers[serving] installed there?")
                time.sleep(0.2)
            yield server
        finally:
            server.kill()


def healthy(port: int) -> bool:
    """Whether the server answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def stored(out: Path) -> int:
    """How many answers are in the run's journal."""
    return sum(len(path.read_bytes().splitlines()) for path in out.rglob("responses.jsonl"))


def answers(out: Path) -> dict[str, str]:
    """The answers of a finished run, by id."""
    import pandas as pd

    (path,) = out.rglob("samples.parquet")
    frame = pd.read_parquet(path)
    return dict(zip(frame["id"], frame["answer"], strict=True))


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
