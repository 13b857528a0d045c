"""Starts every arm of an ablation in its own trainer, on a small model and the CPU, and looks at what would be learned.

An export for a trainer counts as one arm, with its sample configuration. A configuration is used as it is written, but for the model, the device and the folder of results. The
trainer is stopped where its training begins; rows of its own data set then go through its own template and collator,
and the tokens under the loss must decode to exactly the text that the arm's files hold. With --step it trains one step.
"""

import argparse
import json
import os
import re
import runpy
import shlex
import sys
import tempfile
import warnings
from pathlib import Path

os.environ.update(
    HF_HUB_OFFLINE="1",
    HF_HOME=tempfile.mkdtemp(prefix="check-ablation-"),
    MODELSCOPE_CACHE=tempfile.mkdtemp(prefix="check-ablation-"),
    CUDA_VISIBLE_DEVICES="",
    TRANSFORMERS_VERBOSITY="error",
    LLAMAFACTORY_VERBOSITY="ERROR",
    DISABLE_VERSION_CHECK="1",
    LOG_LEVEL="ERROR",
)
warnings.filterwarnings("ignore")

IGNORED = -100
CONFIGURATIONS = {"trl": "train.py", "llama-factory": "train.yaml", "ms-swift": "train.sh"}


class Begun(Exception):
    """The trainer has everything ready and would now train."""


def start_trl(config, model, pictures, results):
    import trl

    own_config, own_trainer = trl.SFTConfig, trl.SFTTrainer

    def cpu_config(**settings):
        return own_config(**settings | dict(output_dir=results, use_cpu=True, bf16=False, report_to=[], disable_tqdm=True))

    def small_trainer(**parts):
        return own_trainer(**parts | dict(model=model))

    trl.SFTConfig, trl.SFTTrainer = cpu_config, small_trainer
    sys.argv = [str(config)] + ([str(pictures)] if pictures else [])
    try:
        runpy.run_path(str(config), run_name="__main__")
    finally:
        trl.SFTConfig, trl.SFTTrainer = own_config, own_trainer


def start_llama_factory(config, model, pictures, results):
    import yaml
    from llamafactory.train.tuner import run_exp

    settings = yaml.safe_load(config.read_text("utf-8"))
    settings |= dict(model_name_or_path=model, output_dir=results, use_cpu=True, bf16=False, overwrite_cache=True)
    if pictures:
        settings["media_dir"] = str(pictures)
    run_exp(settings)


def start_ms_swift(config, model, pictures, results):
    words = shlex.split(config.read_text("utf-8").replace("\\\n", " "), comments=True)
    command = words[words.index("sft") + 1 :]
    root = next(word.split("=", 1)[1] for word in words if word.startswith("ROOT_IMAGE_DIR="))
    default = re.fullmatch(r"\$\{ROOT_IMAGE_DIR:-(.*)\}", root)
    os.environ["ROOT_IMAGE_DIR"] = str(pictures or (default.group(1) if default else root))
    settings = dict(zip(command[::2], command[1::2]))
    settings |= {"--model": model, "--output_dir": results, "--torch_dtype": "float32", "--report_to": "none"}
    description = Path(model) / "config.json"
    if description.exists():  # a local folder is not known by its name, and some classes have several types
        settings["--model_type"] = json.loads(description.read_text("utf-8"))["model_type"]
    from swift import sft_main

    sft_main([word for setting in settings.items() for word in setting])


STARTERS = {"trl": start_trl, "llama-factory": start_llama_factory, "ms-swift": start_ms_swift}


def begin(trainer, config, model, pictures, results, train_one_step):
    """The trainer object of an arm, as its own code made it from the arm's configuration."""
    from transformers import Trainer

    begun = []
    own_train = Trainer.train

    def stop_here(self, *args, **kwargs):
        begun.append(self)
        # ms-swift knows the mark of a picture by its number in the real vocabulary; a small model has another.
        if hasattr(getattr(self, "template", None), "image_token_id"):
            self.template.image_token_id = self.model.config.image_token_id
        if train_one_step:
            self.args.max_steps, self.args.save_strategy, self.args.eval_strategy = 1, "no", "no"
            own_train(self, *args, **kwargs)
        raise Begun

    Trainer.train = stop_here
    os.chdir(config.parent)
    try:
        STARTERS[trainer](config, model, pictures, results)
    except Begun:
        return begun[0]
    finally:
        Trainer.train = own_train
    raise RuntimeError("the trainer ended without having trained")


def rows_of(arm_folder, trainer):
    """What the arm's files hold, row by row."""
    if trainer == "trl":
        import pyarrow.parquet

        files = sorted((arm_folder / "sft").glob("train-*.parquet"))
        rows = [row for file in files for row in pyarrow.parquet.read_table(file).to_pylist()]
        return [row | {"text": row["completion"][-1]["content"][-1]["text"]} for row in rows]
    with (arm_folder / "sft.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [row | {"text": row["messages"][-1]["content"]} for row in rows]


def name_of(row):
    return f"{row['image_id']} of {row['teacher']}"


def rows_behind(shown, rows):
    """The rows of the arm's files that a row of the trainer's data set may be: by its name, or by the picture it opens."""
    if "image_id" in shown:
        return [row for row in rows if name_of(row) == name_of(shown)]
    picture = shown["images"][0]
    path = picture["path"] if isinstance(picture, dict) else picture
    return [row for row in rows if ("/" + path).endswith("/" + row["images"][0])]


def learned_rows(trainer, wanted):
    """Some rows, evenly over the trainer's data set, each with its labels as the collator gives them."""
    import datasets

    data = trainer.train_dataset
    # ms-swift encodes a row when it is asked for; the row itself lies below.
    named = getattr(data, "dataset", data)
    shown = trainer._remove_unused_columns(data, "training") if isinstance(data, datasets.Dataset) else data
    for at in sorted({len(data) * n // wanted for n in range(wanted)}):
        yield named[at], trainer.data_collator([shown[at]])["labels"][0].tolist()


def arms_of(folder):
    """The trainer, the base model and the arms of an ablation; an export names no base, and no limit of its own."""
    if (folder / "ablation.json").exists():
        ablation = json.loads((folder / "ablation.json").read_text("utf-8"))
        return ablation["trainer"], ablation["base"], ablation["arms"]
    trainer = json.loads((folder / "manifest.json").read_text("utf-8"))["format"]
    return trainer, None, [{"name": folder.name, "folder": ".", "config": CONFIGURATIONS[trainer]}]


def check_arm(arm, folder, trainer_name, options):
    """Faults of one arm, as sentences, and how many rows were looked at."""
    arm_folder = (folder / arm["folder"]).resolve()
    rows = rows_of(arm_folder, trainer_name)
    results = tempfile.mkdtemp(prefix="check-ablation-")
    trainer = begin(trainer_name, arm_folder / arm["config"], options.model, options.pictures, results, options.step)
    tokenizer = getattr(trainer.processing_class, "tokenizer", trainer.processing_class)
    faults, seen = [], 0
    if len(trainer.train_dataset) != len(rows):
        faults.append(f"the trainer has {len(trainer.train_dataset)} rows, the files have {len(rows)}")
    for shown, labels in learned_rows(trainer, options.rows):
        seen += 1
        behind = rows_behind(shown, rows)
        names = " or ".join(map(name_of, behind)) or f"row {seen}"
        learned = tokenizer.decode([label for label in labels if label != IGNORED], skip_special_tokens=False)
        fault = loss_fault(learned, [row["text"] for row in behind], tokenizer)
        if fault:
            faults.append(f"{names}: {fault}")
        if len(labels) > arm.get("maxLength", len(labels)):
            faults.append(f"{names}: {len(labels)} tokens are more than the {arm['maxLength']} that ablation.json allows")
    return faults, seen


def loss_fault(learned, texts, tokenizer):
    """What is wrong with the text under the loss; None where it is one of `texts` and the end of the turn."""
    for text in texts:
        end = learned[len(text) :]
        for special in tokenizer.all_special_tokens:
            end = end.replace(special, "")
        if learned.startswith(text) and end.strip() == "":
            return None
    if not texts:
        return "no row of the arm's files names its picture"
    if re.match(r"\s*(<think>)?\s*</think>", learned):
        return f"an empty think block is learned: {learned[:60]!r}"
    return f"the text under the loss is {learned[:120]!r}, and the arm holds {texts[0][:120]!r}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what `imagenet-think ablation` wrote, or `export` for a trainer")
    parser.add_argument("--model", help="a small model in a folder; the base of the ablation otherwise")
    parser.add_argument("--pictures", type=Path, help="folder that the picture paths start from, where none are inside")
    parser.add_argument("--rows", type=int, default=20, help="rows of each arm")
    parser.add_argument("--arm", action="append", help="only this arm; may be given again")
    parser.add_argument("--step", action="store_true", help="also train one step")
    options = parser.parse_args()
    folder = options.folder.resolve()
    trainer, base, arms = arms_of(folder)
    options.model = str(Path(options.model).resolve()) if options.model else base
    if options.model is None:
        parser.error("an export names no base: give --model")
    options.pictures = options.pictures.resolve() if options.pictures else None

    failed = 0
    for arm in arms:
        if options.arm and arm["name"] not in options.arm:
            continue
        try:
            faults, rows = check_arm(arm, folder, trainer, options)
        except Exception as error:
            faults, rows = [f"it does not start: {type(error).__name__}: {str(error)[:300]}"], 0
        failed += bool(faults)
        for fault in faults[:5]:
            print(f"arm {arm['name']}: {fault}", flush=True)
        done = "one step trained, " if options.step and not faults else ""
        print(f"arm {arm['name']}: {'FAILED' if faults else 'OK'}, {done}{rows} rows through the trainer", flush=True)
    sys.exit(1 if failed else 0)


main()
