{#
    List prices and those of the account, one under the other. `unit_price` is what a unit costs: the list price with the
    promotions that everybody gets (effective_list), or the account's own.
#}
{% set texts = ['account_id', 'sku_name', 'cloud', 'currency_code', 'usage_unit', 'price_start_time', 'price_end_time'] %}
{% set amounts = ['pricing_default', 'pricing_effective_list_default'] %}
{% set columns = [['source_file', 'text'], ['source_row', 'bigint']] %}
{% for column in texts + amounts %}
    {% do columns.append([column, 'text']) %}
{% endfor %}

with

raw_rows as (

    {%- for table in ['list_prices', 'account_prices'] %}
    select
        '{{ table }}' as price_table,
        prices.*
    from (
        {{ apportion.raw_columns(source('raw_databricks_usage', table), columns) }}
    ) as prices
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

final as (

    select
        price_table,
        {{ dbt.concat(['price_table', "'#'", 'source_file', "'#'", 'cast(source_row as ' ~ dbt.type_string() ~ ')']) }} as price_id,
        account_id,
        sku_name,
        cloud,
        usage_unit,
        upper(currency_code) as currency,
        {{ apportion.timestamp_of_text('price_start_time') }} as valid_from,
        {{ apportion.timestamp_of_text('price_end_time') }} as valid_to,
        cast(pricing_default as {{ apportion.money() }}) as list_price,
        cast(coalesce(pricing_effective_list_default, pricing_default) as {{ apportion.money() }}) as unit_price
    from raw_rows

)

select * from final
