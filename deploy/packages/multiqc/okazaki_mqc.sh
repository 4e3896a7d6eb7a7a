#!/bin/sh
# Turns mutations.tsv of okazaki virus into a table of MultiQC's custom content:
#
#   sh okazaki_mqc.sh answer/mutations.tsv > okazaki_virus_mqc.tsv
#   multiqc .
#
# MultiQC finds a file that ends with _mqc.tsv by itself.
set -eu
cat <<'END'
# id: okazaki_virus
# section_name: Okazaki virus
# description: Mutations of each genome, against its reference.
# plot_type: table
# pconfig:
#   id: okazaki_virus_table
#   title: "Okazaki: mutations"
#   namespace: Okazaki
# headers:
#   substitutions:
#     title: Substitutions
#     format: "{:,.0f}"
#   deletions:
#     title: Deletions
#     format: "{:,.0f}"
#   insertions:
#     title: Insertions
#     format: "{:,.0f}"
#   missing:
#     title: Missing
#     format: "{:,.0f}"
#   coverage:
#     title: Coverage
#     suffix: "%"
#     max: 100
#     min: 0
#     format: "{:,.2f}"
#   clade:
#     title: Clade
#   status:
#     title: Quality
END
exec awk -F '\t' -v OFS='\t' '
NR == 1 {
	for (i = 1; i <= NF; i++) at[$i] = i
	n = split("seqName totalSubstitutions totalDeletions totalInsertions totalMissing coverage clade qc.overallStatus", want, " ")
	for (i = 1; i <= n; i++) if (!(want[i] in at)) { print "okazaki_mqc.sh: no column " want[i] > "/dev/stderr"; exit 1 }
	print "Sample", "substitutions", "deletions", "insertions", "missing", "coverage", "clade", "status"
	next
}
{
	coverage = $at["coverage"]
	if (coverage != "") coverage = 100 * coverage
	print $at["seqName"], $at["totalSubstitutions"], $at["totalDeletions"], $at["totalInsertions"], $at["totalMissing"], coverage, $at["clade"], $at["qc.overallStatus"]
}' "${1:--}"
