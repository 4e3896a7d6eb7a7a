"""Prints the command of a Galaxy tool: template and values come as JSON on stdin."""
import json
import sys

from Cheetah.Template import Template

given = json.load(sys.stdin)
print(str(Template(given["template"], searchList=[given["values"]])).replace("\n", " ").strip())
