"""Runs a wrapper for the rule of a Snakefile, on a stand-in for Snakemake:
python3 snakemake.py wrapper.py Snakefile"""
import re
import subprocess
import sys
import types


class Named(list):
    """What Snakemake gives a rule: names and places."""

    def __init__(self, *places, **names):
        super().__init__(places)
        self.names = names
        for value in names.values():
            self.extend(value if isinstance(value, list) else [value])

    def get(self, name, default=None):
        return self.names.get(name, default)


def shell(command):
    frame = sys._getframe(1)
    command = command.format(**{**frame.f_globals, **frame.f_locals})
    subprocess.run(["bash", "-euo", "pipefail", "-c", command], check=True)


rule = open(sys.argv[2]).read()
parts = dict(re.findall(r"^    (\w+):((?: .*\n)|(?:\n(?:        .*\n)+))", rule, re.M))
job = types.SimpleNamespace(
    **{name: eval(f"Named({parts[name].strip()})") for name in ("input", "output", "log", "params")},
    threads=int(parts["threads"]),
    log_fmt_shell=lambda stdout, stderr: "> log.txt 2>&1",
)
module = types.ModuleType("snakemake.shell")
module.shell = shell
sys.modules["snakemake"] = types.ModuleType("snakemake")
sys.modules["snakemake.shell"] = module
exec(compile(open(sys.argv[1]).read(), sys.argv[1], "exec"), {"snakemake": job, "__name__": "wrapper"})
