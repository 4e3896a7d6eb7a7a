process OKAZAKI_VARIANT {
    tag "$meta.id"
    label 'process_medium'

    conda "${moduleDir}/environment.yml"
    container "${ workflow.containerEngine in ['singularity', 'apptainer'] && !task.ext.singularity_pull_docker_container ? 'docker://quay.io/biocontainers/okazaki:0.1.0--0' : 'quay.io/biocontainers/okazaki:0.1.0--0' }"

    input:
    tuple val(meta), path(vcf)
    path genes
    path known

    output:
    tuple val(meta), path("${prefix}/ranked.tsv") , emit: ranked
    tuple val(meta), path("${prefix}/report.html"), emit: report, optional: true
    path "versions.yml", emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    prefix = task.ext.prefix ?: "${meta.id}"
    def sources = [known].flatten().findAll { it }.collect { "--known ${it}" }.join(' ')
    """
    okazaki variant \\
        --workers ${task.cpus} \\
        --store dir:okazaki-store \\
        --genes ${genes} \\
        ${sources} \\
        ${args} \\
        -o ${prefix} \\
        ${vcf}

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        okazaki: \$(okazaki --version | sed 's/^okazaki v\\{0,1\\}//; s/,.*//')
    END_VERSIONS
    """

    stub:
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    mkdir ${prefix}
    touch ${prefix}/ranked.tsv

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        okazaki: \$(okazaki --version | sed 's/^okazaki v\\{0,1\\}//; s/,.*//')
    END_VERSIONS
    """
}
