"""Writes a tiny vision-language model with random weights, so that a real trainer starts on the CPU without a download."""

import argparse
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen2VLImageProcessor

# What the code of both families looks for by name; the tags of thinking are ordinary words that are kept whole.
SPECIAL = "endoftext im_start im_end vision_start vision_end vision_pad image_pad video_pad".split()
TAGS = ["<think>", "</think>"]
WORDS = 1000
WIDTH = 32

# A turn is `<|im_start|>role`, a line end, the parts and `<|im_end|>`; a picture is its mark between two brackets.
CHAT_TEMPLATE = """\
{%- for turn in messages %}
    {{- '<|im_start|>' + turn.role + '\\n' }}
    {%- if turn.content is string %}{{- turn.content }}
    {%- else %}
        {%- for part in turn.content %}
            {%- if part.type == 'image' %}{{- '<|vision_start|><|image_pad|><|vision_end|>' }}
            {%- elif part.type == 'text' %}{{- part.text }}
            {%- endif %}
        {%- endfor %}
    {%- endif %}
    {{- '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""


def texts_of(pairs):
    with pairs.open(encoding="utf-8") as lines:
        for line in lines:
            cell = json.loads(line)
            yield from (cell[part] for part in ("thinking", "answer") if cell[part])


def make_tokenizer(pairs):
    """Byte-level, so that it can write every text, with the commonest pieces of these texts as tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    marks = [f"<|{name}|>" for name in SPECIAL]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=WORDS, special_tokens=marks, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts_of(pairs), trainer)
    tokenizer.add_tokens(TAGS)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=marks[1:],
        chat_template=CHAT_TEMPLATE,
    )


def make_model(family, tokenizer):
    ids = {name: tokenizer.convert_tokens_to_ids(f"<|{name}|>") for name in SPECIAL}
    rope = {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0}
    text = dict(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=32_768,
        rope_parameters=rope,
        eos_token_id=ids["im_end"],
        bos_token_id=ids["im_end"],
        pad_token_id=ids["endoftext"],
    )
    vision = dict(depth=2, hidden_size=WIDTH, intermediate_size=2 * WIDTH, num_heads=4, out_hidden_size=WIDTH)
    if family == "qwen2_5_vl":
        from transformers import Qwen2_5_VLConfig as Config, Qwen2_5_VLForConditionalGeneration as Model

        vision |= dict(patch_size=14, window_size=112, fullatt_block_indexes=[1])
    else:
        from transformers import Qwen3VLConfig as Config, Qwen3VLForConditionalGeneration as Model

        text |= dict(head_dim=WIDTH // 4)
        vision |= dict(patch_size=16, num_position_embeddings=256, deepstack_visual_indexes=[0])
    marks = {f"{name}_token_id": ids[mark] for name, mark in (("image", "image_pad"), ("video", "video_pad"))}
    marks |= {f"{name}_token_id": ids[name] for name in ("vision_start", "vision_end")}
    torch.manual_seed(0)
    model = Model(Config(text_config=text, vision_config=vision, tie_word_embeddings=True, **marks))
    model.generation_config.eos_token_id, model.generation_config.pad_token_id = ids["im_end"], ids["endoftext"]
    return model, vision["patch_size"]


def make_processor(family, tokenizer, patch):
    if family == "qwen2_5_vl":
        from transformers import Qwen2_5_VLProcessor as Processor, Qwen2VLVideoProcessor as VideoProcessor
    else:
        from transformers import Qwen3VLProcessor as Processor, Qwen3VLVideoProcessor as VideoProcessor
    pictures = Qwen2VLImageProcessor(patch_size=patch, min_pixels=(2 * patch) ** 2, max_pixels=(8 * patch) ** 2)
    return Processor(
        image_processor=pictures,
        tokenizer=tokenizer,
        video_processor=VideoProcessor(patch_size=patch),
        chat_template=CHAT_TEMPLATE,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=Path, required=True, help="what `imagenet-think pairs RUN` printed")
    parser.add_argument("--family", choices=["qwen2_5_vl", "qwen3_vl"], default="qwen3_vl")
    options = parser.parse_args()
    tokenizer = make_tokenizer(options.pairs)
    model, patch = make_model(options.family, tokenizer)
    model.save_pretrained(options.folder)
    tokenizer.save_pretrained(options.folder)
    make_processor(options.family, tokenizer, patch).save_pretrained(options.folder)
    parameters = sum(weights.numel() for weights in model.parameters())
    print(f"{options.folder}: {options.family}, {parameters:,} parameters, {len(tokenizer)} tokens")


main()
