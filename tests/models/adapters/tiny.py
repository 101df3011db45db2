"""Small randomly initialised models of the real classes, with tokenizers and processors built by code and saved as the hub has them."""
# ruff: noqa: S106  (tokens of a vocabulary)

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

WIDTH = 32
TEXT = {"hidden_size": WIDTH, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
CHAT = (
    "{% for message in messages %}<{{ message['role'] }}>{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}{% if part['type'] == 'image' %}<image>{% elif part['type'] == 'audio' %}<|AUDIO|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}</s>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
)


def transformers() -> Any:
    """The library without its types, which forbid configurations made of one dictionary."""
    return importlib.import_module("transformers")


def seeded(build: Callable[[], Any]) -> Any:
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(7)
        return build().eval()


def byte_tokenizer(*special: str, model_max_length: int | None = None, **names: str) -> Any:
    """A tokenizer of special tokens and, behind them, single bytes."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    hf = transformers()

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    named = [*dict.fromkeys([*names.values(), *special])]
    tokenizer = Tokenizer(models.BPE({letter: index for index, letter in enumerate([*named, *letters])}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(named)
    length = {} if model_max_length is None else {"model_max_length": model_max_length}
    return hf.PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names, **length)


def pictures_to(side: int, **more: Any) -> Any:
    hf = transformers()

    return hf.CLIPImageProcessorPil(size={"shortest_edge": side}, crop_size={"height": side, "width": side}, **more)


def clip(folder: Path) -> None:
    from tokenizers import pre_tokenizers

    hf = transformers()

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    names = [*letters, *(f"{one}</w>" for one in letters), "<|startoftext|>", "<|endoftext|>"]
    tokenizer = hf.CLIPTokenizer(
        vocab={name: index for index, name in enumerate(names)}, merges=[], model_max_length=16
    )
    vision = {**TEXT, "image_size": 32, "patch_size": 16, "projection_dim": 24}
    text = {**TEXT, "vocab_size": len(names), "max_position_embeddings": 16, "projection_dim": 24,
            "bos_token_id": len(names) - 2, "eos_token_id": len(names) - 1, "pad_token_id": len(names) - 1}  # fmt: skip
    model = seeded(lambda: hf.CLIPModel(hf.CLIPConfig(text_config=text, vision_config=vision, projection_dim=24)))
    model.save_pretrained(folder)
    hf.CLIPProcessor(pictures_to(32), tokenizer).save_pretrained(folder)


def siglip(folder: Path) -> None:
    hf = transformers()

    tokenizer = byte_tokenizer(pad_token="</s>", eos_token="</s>", unk_token="<unk>", model_max_length=20)
    tokenizer.model_input_names = ["input_ids"]
    text = {**TEXT, "vocab_size": len(tokenizer), "max_position_embeddings": 20, "projection_size": WIDTH,
            "bos_token_id": 0, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}  # fmt: skip
    vision = {**TEXT, "image_size": 32, "patch_size": 16}
    seeded(lambda: hf.SiglipModel(hf.SiglipConfig(text_config=text, vision_config=vision))).save_pretrained(folder)
    hf.SiglipProcessor(hf.SiglipImageProcessorPil(size={"height": 32, "width": 32}), tokenizer).save_pretrained(folder)


def siglip2(folder: Path) -> None:
    hf = transformers()

    tokenizer = byte_tokenizer(pad_token="<pad>", eos_token="<eos>", unk_token="<unk>")
    tokenizer.model_input_names = ["input_ids"]
    text = {**TEXT, "vocab_size": len(tokenizer), "max_position_embeddings": 64, "projection_size": WIDTH,
            "bos_token_id": 0, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}  # fmt: skip
    vision = {**TEXT, "num_patches": 256, "patch_size": 16}
    seeded(lambda: hf.Siglip2Model(hf.Siglip2Config(text_config=text, vision_config=vision))).save_pretrained(folder)
    processor = hf.Siglip2ImageProcessorPil()
    hf.Siglip2Processor(processor, tokenizer).save_pretrained(folder)


def clap(folder: Path, fusion: bool = False) -> None:
    hf = transformers()

    names = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    tokenizer = byte_tokenizer(model_max_length=40, **names)
    text = {**TEXT, "vocab_size": len(tokenizer), "max_position_embeddings": 44, "pad_token_id": tokenizer.pad_token_id}
    audio = {"patch_embeds_hidden_size": 16, "depths": [1, 1], "num_attention_heads": [2, 2], "num_hidden_layers": 2, "hidden_size": 32,
             "spec_size": 128, "num_mel_bins": 64, "window_size": 4, "enable_fusion": fusion,
             "fusion_type": "aff_2d" if fusion else None, "aff_block_r": 1}  # fmt: skip
    config = hf.ClapConfig(text_config=text, audio_config=audio, projection_dim=24)
    seeded(lambda: hf.ClapModel(config)).save_pretrained(folder)
    truncation = "fusion" if fusion else "rand_trunc"
    features = hf.ClapFeatureExtractor(max_length_s=1, truncation=truncation)
    hf.ClapProcessor(features, tokenizer).save_pretrained(folder)


def blip_itm(folder: Path) -> None:
    hf = transformers()

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz0123456789", *(f"##{one}" for one in "abcdefghijklmnopqrstuvwxyz0123456789")]  # fmt: skip  # noqa: E501
    tokenizer = hf.BertTokenizer(vocab={word: index for index, word in enumerate(words)}, model_max_length=24)
    text = {**TEXT, "vocab_size": len(words), "max_position_embeddings": 24, "encoder_hidden_size": WIDTH, "projection_dim": 24,
            "pad_token_id": 0, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3}  # fmt: skip
    vision = {**TEXT, "image_size": 32, "patch_size": 16}
    config = hf.BlipConfig(text_config=text, vision_config=vision, image_text_hidden_size=24)
    seeded(lambda: hf.BlipForImageTextRetrieval(config)).save_pretrained(folder)
    hf.BlipProcessor(hf.BlipImageProcessorPil(size={"height": 32, "width": 32}), tokenizer).save_pretrained(folder)


def llama(folder: Path, template: str | None = CHAT, context: int = 256) -> None:
    hf = transformers()

    tokenizer = byte_tokenizer("<user>", "<system>", "<assistant>", eos_token="</s>", unk_token="<unk>")
    tokenizer.chat_template = template
    config = hf.LlamaConfig(**TEXT, vocab_size=len(tokenizer), max_position_embeddings=context, bos_token_id=None,
                         eos_token_id=tokenizer.eos_token_id, initializer_range=0.5)  # fmt: skip
    seeded(lambda: hf.LlamaForCausalLM(config)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def llava(folder: Path) -> None:
    hf = transformers()

    tokenizer = byte_tokenizer(
        "<user>", "<system>", "<assistant>", "<image>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>"
    )
    config = hf.LlavaConfig(
        vision_config={**TEXT, "model_type": "clip_vision_model", "image_size": 32, "patch_size": 16, "projection_dim": 24},
        text_config={**TEXT, "model_type": "llama", "vocab_size": len(tokenizer), "max_position_embeddings": 256,
                     "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id, "bos_token_id": None,
                     "initializer_range": 0.5},
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"), vision_feature_select_strategy="default", vision_feature_layer=-1,
    )  # fmt: skip
    seeded(lambda: hf.LlavaForConditionalGeneration(config)).save_pretrained(folder)
    hf.LlavaProcessor(
        pictures_to(32), tokenizer, patch_size=16, vision_feature_select_strategy="default", chat_template=CHAT,
        num_additional_image_tokens=1,
    ).save_pretrained(folder)  # fmt: skip


def qwen2_audio(folder: Path) -> None:
    hf = transformers()

    tokenizer = byte_tokenizer(
        "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>", "<|im_start|>", eos_token="<|im_end|>", pad_token="<pad>", unk_token="<unk>"
    )  # fmt: skip
    audio = {"d_model": WIDTH, "encoder_layers": 2, "encoder_attention_heads": 2, "encoder_ffn_dim": 64, "num_mel_bins": 16,
             "max_source_positions": 50}  # fmt: skip
    text = {**TEXT, "model_type": "qwen2", "num_key_value_heads": 2, "vocab_size": len(tokenizer), "max_position_embeddings": 512,
            "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id, "bos_token_id": None,
            "initializer_range": 0.5}  # fmt: skip
    config = hf.Qwen2AudioConfig(
        audio_config=audio, text_config=text, audio_token_index=tokenizer.convert_tokens_to_ids("<|AUDIO|>")
    )
    seeded(lambda: hf.Qwen2AudioForConditionalGeneration(config)).save_pretrained(folder)
    features = hf.WhisperFeatureExtractor(feature_size=16, sampling_rate=16_000, hop_length=160, chunk_length=1)
    hf.Qwen2AudioProcessor(features, tokenizer).save_pretrained(folder)


def whisper(folder: Path) -> None:
    hf = transformers()

    names = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|de|>", "<|translate|>", "<|transcribe|>", "<|startofprev|>",
             "<|nospeech|>", "<|notimestamps|>", *(f"<|{index * 0.02:.2f}|>" for index in range(51))]  # fmt: skip
    base = byte_tokenizer()
    vocab = base.get_vocab()
    tokenizer = hf.WhisperTokenizer(vocab=vocab, merges=[])
    tokenizer.add_special_tokens({"additional_special_tokens": names})
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in names}
    end = ids["<|endoftext|>"]
    config = hf.WhisperConfig(
        vocab_size=len(tokenizer), num_mel_bins=16, d_model=WIDTH, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64, max_source_positions=50, max_target_positions=24,
        pad_token_id=end, bos_token_id=end, eos_token_id=end, decoder_start_token_id=ids["<|startoftranscript|>"], init_std=0.5,
        suppress_tokens=[], begin_suppress_tokens=[],
    )  # fmt: skip
    model = seeded(lambda: hf.WhisperForConditionalGeneration(config))
    model.generation_config = hf.GenerationConfig(
        pad_token_id=end, bos_token_id=end, eos_token_id=end, decoder_start_token_id=ids["<|startoftranscript|>"], is_multilingual=True,
        lang_to_id={"<|en|>": ids["<|en|>"], "<|de|>": ids["<|de|>"]}, no_timestamps_token_id=ids["<|notimestamps|>"], max_length=24,
        task_to_id={"transcribe": ids["<|transcribe|>"], "translate": ids["<|translate|>"]}, return_timestamps=False,
        suppress_tokens=[ids[name] for name in names[1:]], max_initial_timestamp_index=10, prev_sot_token_id=ids["<|startofprev|>"],
    )  # fmt: skip
    model.save_pretrained(folder)
    features = hf.WhisperFeatureExtractor(feature_size=16, sampling_rate=16_000, hop_length=160, chunk_length=1)
    hf.WhisperProcessor(features, tokenizer).save_pretrained(folder)


def wav2vec2(folder: Path, masks: bool = True) -> None:
    hf = transformers()

    folder.mkdir(parents=True, exist_ok=True)
    letters = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ'"]
    (folder / "vocab.json").write_text(json.dumps({one: index for index, one in enumerate(letters)}))
    config = hf.Wav2Vec2Config(
        **TEXT, vocab_size=len(letters), conv_dim=(16, 16), conv_stride=(10, 8), conv_kernel=(20, 16), num_feat_extract_layers=2,
        num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2, feat_extract_norm="layer" if masks else "group",
        do_stable_layer_norm=masks, initializer_range=0.5,
    )  # fmt: skip
    seeded(lambda: hf.Wav2Vec2ForCTC(config)).save_pretrained(folder)
    features = hf.Wav2Vec2FeatureExtractor(return_attention_mask=masks)
    hf.Wav2Vec2Processor(features, hf.Wav2Vec2CTCTokenizer(str(folder / "vocab.json"))).save_pretrained(folder)


def moonshine(folder: Path) -> None:
    hf = transformers()
    tokenizer = byte_tokenizer("<s>", "</s>", unk_token="<unk>", pad_token="</s>", eos_token="</s>", bos_token="<s>")
    config = hf.MoonshineConfig(
        vocab_size=len(tokenizer), hidden_size=WIDTH, intermediate_size=64, encoder_num_hidden_layers=2, decoder_num_hidden_layers=2,
        encoder_num_attention_heads=2, decoder_num_attention_heads=2, max_position_embeddings=64, initializer_range=0.5,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
        decoder_start_token_id=tokenizer.bos_token_id,
    )  # fmt: skip
    seeded(lambda: hf.MoonshineForConditionalGeneration(config)).save_pretrained(folder)
    hf.Wav2Vec2Processor(hf.Wav2Vec2FeatureExtractor(return_attention_mask=True), tokenizer).save_pretrained(folder)


def paligemma(folder: Path) -> None:
    hf = transformers()
    tokenizer = byte_tokenizer("<image>", pad_token="<pad>", eos_token="<eos>", bos_token="<bos>", unk_token="<unk>")
    processor = hf.PaliGemmaProcessor(
        hf.SiglipImageProcessorPil(size={"height": 32, "width": 32}, image_seq_length=4), tokenizer
    )
    text = {**TEXT, "model_type": "gemma", "num_key_value_heads": 2, "head_dim": 16, "vocab_size": len(processor.tokenizer),
            "max_position_embeddings": 128, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id,
            "bos_token_id": tokenizer.bos_token_id, "initializer_range": 0.5}  # fmt: skip
    config = hf.PaliGemmaConfig(
        vision_config={**TEXT, "model_type": "siglip_vision_model", "image_size": 32, "patch_size": 16, "projection_dim": WIDTH},
        text_config=text, image_token_index=processor.tokenizer.convert_tokens_to_ids("<image>"), projection_dim=WIDTH,
    )  # fmt: skip
    seeded(lambda: hf.PaliGemmaForConditionalGeneration(config)).save_pretrained(folder)
    processor.save_pretrained(folder)


def qwen2_vl(folder: Path) -> None:
    hf = transformers()
    names = ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>", "<|im_start|>")
    tokenizer = byte_tokenizer(*names, eos_token="<|im_end|>", pad_token="<pad>", unk_token="<unk>")
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in names}
    config = hf.Qwen2VLConfig(
        vision_config={"depth": 2, "embed_dim": WIDTH, "hidden_size": WIDTH, "num_heads": 2, "patch_size": 14, "mlp_ratio": 2},
        text_config={**TEXT, "num_key_value_heads": 2, "vocab_size": len(tokenizer), "max_position_embeddings": 512,
                     "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id, "bos_token_id": None,
                     "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [2, 3, 3]},
                     "initializer_range": 0.5},
        image_token_id=ids["<|image_pad|>"], video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"], vision_end_token_id=ids["<|vision_end|>"],
    )  # fmt: skip
    template = CHAT.replace("<image>", "<|vision_start|><|image_pad|><|vision_end|>").replace("</s>", "<|im_end|>")
    seeded(lambda: hf.Qwen2VLForConditionalGeneration(config)).save_pretrained(folder)
    hf.Qwen2VLProcessor(
        hf.Qwen2VLImageProcessor(min_pixels=28 * 28, max_pixels=28 * 28 * 16),
        tokenizer,
        hf.Qwen2VLVideoProcessor(),
        chat_template=template,
    ).save_pretrained(folder)
