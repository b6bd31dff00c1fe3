{#
    Whether this run builds a few days only: `dbt build --sample`. dbt puts the window on every ref() of a model to what has
    an event_time, which are the bill lines of a provider and int_charges__changed_days, the days that are written at all.
    A unit test brings its own rows, and asks what an ordinary run makes of them.
#}
{% macro sampled() %}
    {% set in_unit_test = model is defined and model.resource_type == 'unit_test' %}
    {{ return(invocation_args_dict.get('sample') is not none and not in_unit_test) }}
{% endmacro %}


{#
    What a data test reads of rows that a sample leaves out: all of them, or those of the sampled days. dbt samples what
    models read, not what tests read, and a sum of all days is not that of a few.
    relation   rows with a source and a day, as ref() or in parentheses
    source, day   names of its columns
#}
{% macro of_sampled_days(relation, source='x_source', day='charge_date') %}
    {%- set days = ref('int_attribution__changed_days') -%}
    {%- if not apportion.sampled() -%}
    {{ relation }}
    {%- else -%}
    (
        select every_row.*
        from {{ relation }} as every_row
        where exists (
            select 1 from {{ days }} as days
            where days.provider = every_row.{{ source }}
                and days.charge_date = every_row.{{ day }}
        )
    )
    {%- endif -%}
{% endmacro %}


{#
    Before a run: a sample and all days never meet in one schema. Both write days by what is newer than the rows that are
    there, so after a sample the days around it would count as written and be missing without a word.
#}
{% macro keep_samples_apart() %}
    {% set in_sample_schema = target.schema.lower().endswith('sample') %}
    {% if execute and apportion.sampled() and not in_sample_schema %}
        {{ exceptions.raise_compiler_error(
            '--sample builds a few days only, and the schema "' ~ target.schema ~ '" is for all of them. Build the sample in a '
            'schema of its own, whose name ends in "sample": APPORTION_SCHEMA=' ~ target.schema ~ '_sample dbt build --sample ...'
        ) }}
    {% elif execute and in_sample_schema and not apportion.sampled() and flags.WHICH in ('build', 'run', 'test') %}
        {{ exceptions.raise_compiler_error(
            'The schema "' ~ target.schema ~ '" ends in "sample" and holds the days of samples only. Add --sample to dbt build or '
            'dbt run, or choose another schema for all days (APPORTION_SCHEMA).'
        ) }}
    {% endif %}
{% endmacro %}
