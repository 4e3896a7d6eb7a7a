process OKAZAKI_VIRUS {
    tag "$meta.id"
    label 'process_medium'

    conda "${moduleDir}/environment.yml"
    container "${ workflow.containerEngine in ['singularity', 'apptainer'] && !task.ext.singularity_pull_docker_container ? 'docker://quay.io/biocontainers/okazaki:0.1.0--0' : 'quay.io/biocontainers/okazaki:0.1.0--0' }"

    input:
    tuple val(meta), path(genomes)
    path dataset

    output:
    tuple val(meta), path("${prefix}/mutations.tsv") , emit: mutations
    tuple val(meta), path("${prefix}/neighbours.tsv"), emit: neighbours
    tuple val(meta), path("${prefix}/clusters.tsv")  , emit: clusters
    tuple val(meta), path("${prefix}/report.html")   , emit: report, optional: true
    path "versions.yml", emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    prefix = task.ext.prefix ?: "${meta.id}"
    def of = dataset ? "--dataset ${dataset}" : ''
    """
    okazaki virus \\
        --workers ${task.cpus} \\
        --store dir:okazaki-store \\
        ${of} \\
        ${args} \\
        -o ${prefix} \\
        ${genomes}

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        okazaki: \$(okazaki --version | sed 's/^okazaki v\\{0,1\\}//; s/,.*//')
    END_VERSIONS
    """

    stub:
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    mkdir ${prefix}
    touch ${prefix}/mutations.tsv ${prefix}/neighbours.tsv ${prefix}/clusters.tsv

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        okazaki: \$(okazaki --version | sed 's/^okazaki v\\{0,1\\}//; s/,.*//')
    END_VERSIONS
    """
}
