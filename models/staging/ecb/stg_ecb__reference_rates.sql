with

raw_rows as (

    {{ apportion.raw_columns(source('raw_ecb', 'reference_rates'), [
        ['charge_date', 'date'], ['currency', 'text'], ['units_per_euro', 'text'],
    ]) }}

),

final as (

    select
        charge_date as rate_date,
        currency,
        cast(units_per_euro as {{ apportion.money() }}) as units_per_euro
    from raw_rows

)

select * from final
