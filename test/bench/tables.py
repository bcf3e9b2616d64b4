"""Writes tables of the columns in FOLDER, each a file of doubles: python3 tables.py FOLDER. Needs pyarrow and duckdb."""

import pathlib
import sys

import duckdb
import pyarrow
import pyarrow.parquet

folder = pathlib.Path(sys.argv[1])
columns = {}
for path in sorted(folder.glob("*.f64")):
    values = path.read_bytes()
    columns[path.stem] = pyarrow.Array.from_buffers(pyarrow.float64(), len(values) // 8, [None, pyarrow.py_buffer(values)])
columns["y"] = columns["y"].cast(pyarrow.int64())
table = pyarrow.table(columns)
pyarrow.parquet.write_table(table, folder / "pyarrow.parquet", compression="snappy")
duckdb.sql(f"COPY (FROM \"table\") TO '{folder / 'duckdb.parquet'}' (FORMAT parquet, COMPRESSION snappy)")
with pyarrow.OSFile(str(folder / "pyarrow.arrow"), "wb") as sink, pyarrow.ipc.new_file(sink, table.schema) as writer:
    writer.write_table(table)
