"""Times how pyarrow writes the tables of an export that `bench/export.js text --keep DIR` left.

usage: export_reference.py EXPORT   (needs pyarrow; the reading is not counted)
"""

import sys
import tempfile
import time
from pathlib import Path

import pyarrow
import pyarrow.parquet as pq

export = Path(sys.argv[1])
tables = {name: pq.read_table(export / name) for name in ("pairs", "images")}
rows = tables["pairs"].num_rows
for options in ({"compression": "gzip", "compression_level": 4}, {"compression": "zstd"}, {"compression": "snappy"}):
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        for name, table in tables.items():
            pq.write_table(table, Path(folder) / f"{name}.parquet", row_group_size=2_048, **options)
        seconds = time.perf_counter() - start
        size = sum(path.stat().st_size for path in Path(folder).iterdir()) / 1e6
    print(f"pyarrow {pyarrow.__version__}, {options['compression']}: {rows} rows in {seconds:.1f} s, {rows / seconds:.0f} rows/s, {size:.0f} MB on disk")
