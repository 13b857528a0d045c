"""Opens an export with Hugging Face `datasets`, pyarrow, DuckDB and polars, and holds it against the pairs of its run."""

import argparse
import hashlib
import io
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", HF_HOME=tempfile.mkdtemp(prefix="check-export-"))

import datasets
import duckdb
import polars
import pyarrow.parquet
import webdataset
from PIL import Image

datasets.disable_progress_bars()

faults = []


def expect(holds, fault):
    if not holds:
        faults.append(fault)
    return holds


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def well_formed(text):
    """What an export makes of half a surrogate pair."""
    return None if text is None else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def check_manifest(export):
    manifest = json.loads((export / "manifest.json").read_text("utf-8"))
    listed = {entry["path"]: entry for entry in manifest["files"]}
    found = {path.relative_to(export).as_posix() for path in export.rglob("*") if path.is_file()} - {"manifest.json"}
    expect(found == set(listed), f"manifest and folder differ: {sorted(found ^ set(listed))[:5]}")
    for path in found & set(listed):
        content = (export / path).read_bytes()
        same = (len(content), sha256(content)) == (listed[path]["bytes"], listed[path]["sha256"])
        expect(same, f"{path} is not what the manifest says")
    return manifest


def pairs_of(row):
    """The pairs of a row: one in the long layout, one for each teacher in the wide one."""
    if "teacher" in row:
        return [(row["teacher"], row["thinking"], row["answer"])]
    numbers = sorted(int(name.removeprefix("teacher_")) for name in row if name.startswith("teacher_"))
    wide = [tuple(row[f"{part}_{n}"] for part in ("teacher", "thinking", "answer")) for n in numbers]
    return [pair for pair in wide if pair[0] is not None]


def check_pairs(rows, wanted, teachers, where):
    seen = set()
    for row in rows:
        for teacher, thinking, answer in pairs_of(row):
            key = (row["image_id"], teacher)
            expect(key not in seen, f"{where}: {key} comes twice")
            seen.add(key)
            same = wanted.get(key) == (thinking, answer)
            expect(same, f"{where}: {key} is not an answered pair of the run, or has other texts")
    return seen, {key for key in wanted if key[1] in teachers} - seen


def unpacked(row):
    """The row of a WebDataset sample stands in its JSON, where an absent text is empty."""
    if "json" not in row:
        return row
    return {key: None if value == "" else value for key, value in row["json"].items()} | {"jpg": row.get("jpg")}


def check_picture(row, content, where):
    expect(sha256(content) == row["image_sha256"], f"{where}: {row['image_id']} has another hash")
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()


def check_config(export, name, wanted, teachers, pictures):
    splits = datasets.load_dataset(str(export), name)
    streams = datasets.load_dataset(str(export), name, streaming=True)
    rows, column = [], None
    for split, data in splits.items():
        column = next((known for known in ("image", "jpg") if known in data.features), None)
        if column is not None:
            feature = data.features[column]
            expect(isinstance(feature, datasets.Image), f"{name}: `{column}` loads as {feature}")
            data = data.cast_column(column, datasets.Image(decode=False))
        expect(sum(1 for _ in streams[split]) == len(data), f"{name}: other rows in {split} when streaming")
        rows += [unpacked(row) for row in data]
    for row in rows:
        if column is not None:
            stored = row[column]
            check_picture(row, stored["bytes"] or Path(stored["path"]).read_bytes(), name)
        elif pictures is not None:
            check_picture(row, (pictures / row["file_name"]).read_bytes(), name)
    if not any(key.startswith("teacher") for key in rows[0]):
        return len(rows), None
    return len(rows), check_pairs(rows, wanted, teachers, name)


def check_samples(export):
    """The `webdataset` library must find as many whole samples as the manifest counts rows, each with its own JSON."""
    shards = sorted(map(str, export.glob("*.tar")))
    samples = list(webdataset.WebDataset(shards, shardshuffle=False, empty_check=False))
    for sample in samples:
        row = unpacked({"json": json.loads(sample["json"]), "jpg": sample.get("jpg")})
        where = f"webdataset: {sample['__key__']}"
        expect(row["image_id"] == sample["__key__"].rsplit("/", 1)[-1], f"{where} holds {row['image_id']}")
        if row["jpg"] is not None:
            check_picture(row, row["jpg"], "webdataset")
    return len(samples)


def check_llava(export, wanted, teachers, pictures):
    """Every record of LLaVA's JSON is one pair: the mark of the picture before the question, the tagged text after it."""
    files = [file for file in sorted(export.glob("*.json")) if file.name != "manifest.json"]
    records = [record for file in files for record in json.loads(file.read_text("utf-8"))]
    expect(len({record["id"] for record in records}) == len(records), "llava: ids are not unique")
    seen = set()
    for record in records:
        key = (record["image_id"], record["teacher"])
        seen.add(key)
        asked, said = record["conversations"]
        thinking, answer = wanted.get(key, (None, None))
        text = answer if thinking is None else f"<think>\n{thinking}\n</think>\n\n{answer}"
        expect((asked["from"], said["from"]) == ("human", "gpt"), f"llava: {key} has other speakers")
        expect(asked["value"].startswith("<image>\n"), f"llava: {key} does not begin with the mark of the picture")
        expect(said["value"] == text, f"llava: {key} has another text than the run")
        if pictures is not None:
            check_picture(record, (pictures / record["image"]).read_bytes(), "llava")
    return len(records), (seen, {key for key in wanted if key[1] in teachers} - seen)


def check_tables(export):
    for path in sorted(export.rglob("*.parquet")):
        rows = pyarrow.parquet.read_table(path).to_pylist()
        name = path.relative_to(export).as_posix()
        expect(polars.read_parquet(path).to_dicts() == rows, f"{name}: polars reads other rows than pyarrow")
        table = duckdb.read_parquet(str(path))
        by_duckdb = [dict(zip(table.columns, row)) for row in table.fetchall()]
        expect(by_duckdb == rows, f"{name}: DuckDB reads other rows than pyarrow")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("export", type=Path)
    parser.add_argument("--pairs", type=Path, required=True, help="what `imagenet-think pairs RUN` printed")
    parser.add_argument("--pictures", type=Path, help="the folder that file_name starts from")
    args = parser.parse_args()

    manifest = check_manifest(args.export)
    with args.pairs.open(encoding="utf-8") as lines:
        cells = [json.loads(line) for line in lines]
    wanted = {
        (cell["image"], cell["model"]): (well_formed(cell["thinking"]), well_formed(cell["answer"]))
        for cell in cells
        if cell["outcome"] == "answered"
    }
    counts, held_back = [], 0
    teachers = set(manifest["options"]["teachers"])
    inside = args.export if manifest["options"]["withPixels"] else args.pictures
    if manifest["format"] == "llava":
        found_by_name = {"llava": check_llava(args.export, wanted, teachers, inside)}
    else:
        names = datasets.get_dataset_config_names(str(args.export))
        found_by_name = {name: check_config(args.export, name, wanted, teachers, args.pictures) for name in names}
    if manifest["format"] == "webdataset":
        counts.append(f"{check_samples(args.export)} samples")
    for name, (rows, found) in found_by_name.items():
        counts.append(f"{rows} rows in {name}")
        if found is not None:
            seen, missing = found
            expect(seen, f"{name}: no pair")
            held_back = len(missing)
            counts.append(f"{len(seen)} pairs equal")
    check_tables(args.export)
    for fault in faults[:15]:
        print(f"  {fault}")
    print(f"{'FAILED' if faults else 'OK'}: {', '.join(counts)}, {held_back} answered pairs held back, {len(faults)} faults")
    sys.exit(1 if faults else 0)


main()
