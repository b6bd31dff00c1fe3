{#
    Text becomes numbers and times here, once. Columns that FOCUS does not know stay in the raw table, and x_charge_id
    leads back to them.
#}
with

final as (

    {{ apportion.focus_lines(
        source('raw_focus', 'cost_and_usage'),
        dbt.concat(['source_file', "'#'", 'cast(source_row as ' ~ dbt.type_string() ~ ')']),
        keys=[['source_file', 'text'], ['source_row', 'bigint']],
    ) }}

)

select * from final
