{# The bill to the last digit; what was a gift is contracted and not billed. #}
{{ config(enabled='snowflake_usage' in var('providers')) }}
{%- set raw -%}
    (
        select *
        from ({{ apportion.raw_columns(source('raw_snowflake_usage', 'usage_in_currency_daily'), [
            ['charge_date', 'date'], ['currency', 'text'], ['usage_in_currency', 'text'], ['balance_source', 'text'],
        ]) }}) as bill
    )
{%- endset -%}
{%- set amount = 'cast(usage_in_currency as ' ~ apportion.money() ~ ')' -%}
{%- set paid = "case when lower(coalesce(balance_source, '')) = 'free usage' then 0 else " ~ amount ~ ' end' -%}
{{ apportion.sums_that_differ(
    one=raw,
    other=ref('int_snowflake_usage__charges'),
    keys=[['charge_date', 'charge_date', 'charge_date'], ['currency', 'currency', 'billing_currency']],
    amounts=[['lines', '1', '1'], ['billed', paid, 'billed_cost'], ['contracted', amount, 'contracted_cost']],
) }}
