with

raw_rows as (

    {{ apportion.raw_columns(source('raw_business_outputs', 'business_outputs'), [
        ['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date'], ['feature', 'text'],
        ['metric', 'text'], ['quantity', 'text'],
    ]) }}

),

final as (

    select
        charge_date as output_date,
        {{ apportion.trimmed('feature') }} as feature,
        {{ apportion.trimmed('metric') }} as metric,
        cast(quantity as {{ apportion.money() }}) as quantity,
        source_file,
        source_row
    from raw_rows

)

select * from final
