// Says what isn't Groovy.
args.each { new GroovyShell().parse(new File(it)) }
