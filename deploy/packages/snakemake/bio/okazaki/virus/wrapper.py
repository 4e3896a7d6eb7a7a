"""Snakemake wrapper for okazaki virus."""

__author__ = "The Okazaki authors"
__license__ = "Apache-2.0"

import os
from tempfile import TemporaryDirectory

from snakemake.shell import shell

extra = snakemake.params.get("extra", "")
log = snakemake.log_fmt_shell(stdout=True, stderr=True)

genomes = snakemake.input.get("genomes", snakemake.input)
if isinstance(genomes, str):
    genomes = [genomes]
options = "".join(
    f" --{name} '{path}'"
    for name in ("dataset", "reference", "annotation", "metadata")
    for path in [snakemake.input.get(name)]
    if path
)
files = " ".join(f"'{path}'" for path in genomes)

# The named outputs are files of the answer; okazaki writes all of them to one
# folder.
made = {"mutations": "mutations.tsv", "neighbours": "neighbours.tsv", "clusters": "clusters.tsv", "report": "report.html"}
if snakemake.output.get("report"):
    extra += " --html"

with TemporaryDirectory() as work:
    shell(
        "okazaki virus --workers {snakemake.threads}"
        " --store dir:{work}/store -o {work}/answer"
        "{options} {extra} {files} {log}"
    )
    for name, file in made.items():
        path = snakemake.output.get(name)
        if path:
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            shell("mv {work}/answer/{file} '{path}'")
