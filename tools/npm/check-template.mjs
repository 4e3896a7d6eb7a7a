// Checks a CloudFormation template with AWS's own rules, which are inside
// aws-cdk-lib: node check-template.mjs TEMPLATE. Exits 1 at an error.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(here, "node_modules", "aws-cdk-lib", "package.json"));
const { CompositeEngine, TemplateFile } = require("@aws/cloudformation-validate");

const engine = new CompositeEngine();
let errors = 0;
try {
  const report = engine.validateTemplate(new TemplateFile(process.argv[2]));
  for (const d of report.diagnostics) {
    const severity = String(d.severity).toLowerCase();
    if (severity === "error" || severity === "fatal") errors++;
    if (severity !== "info") console.log(`${severity} ${d.ruleId} ${d.entity?.logicalId ?? d.logicalId ?? ""}: ${d.message}`);
  }
  console.log(`${report.diagnostics.length} findings, ${errors} errors`);
} finally {
  engine.free();
}
process.exit(errors > 0 ? 1 : 0);
