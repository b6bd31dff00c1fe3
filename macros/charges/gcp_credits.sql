{#
    The body of a staging model: one row per credit of a line of Google Cloud's billing export, its amount typed.
    raw   a source(), the table credits of a source that reads the export
#}
{% macro gcp_credits(raw) %}
    with

    raw_rows as (

        {{ apportion.raw_columns(raw, [
            ['source_file', 'text'], ['source_row', 'bigint'], ['credit_number', 'bigint'], ['charge_date', 'date'],
            ['name', 'text'], ['full_name', 'text'], ['id', 'text'], ['type', 'text'], ['amount', 'text'],
        ]) }}

    ),

    final as (

        select
            {{ dbt.concat(['source_file', "'#'", 'cast(source_row as ' ~ dbt.type_string() ~ ')']) }} as line_id,
            credit_number,
            charge_date,
            coalesce(full_name, name) as credit_name,
            type as credit_type,
            cast(amount as {{ apportion.money() }}) as amount

        from raw_rows

    )

    select * from final
{% endmacro %}
