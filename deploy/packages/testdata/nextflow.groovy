// Prints the command that Nextflow would run for a module:
//   groovy nextflow.groovy main.nf script|stub '{"task": …, "meta": …}'
import groovy.json.JsonSlurper

def text = new File(args[0]).text
new GroovyShell().parse(text)
def label = "\n    ${args[1]}:\n"
def from = text.indexOf(label)
assert from >= 0
def to = args[1] == 'script' ? text.indexOf("\n    stub:\n") : text.lastIndexOf('}')
def body = text.substring(from + label.length(), to)
print new GroovyShell(new Binding(new JsonSlurper().parseText(args[2]))).evaluate(body).toString().stripIndent()
