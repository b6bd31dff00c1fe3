{# What Cortex counted, once: calls that run over an hour are one request, and their tokens are those of all hours. #}
{{ config(enabled='snowflake_usage' in var('providers')) }}
{%- set counted -%}
    (
        select charge_date, coalesce(input_tokens, 0) + coalesce(output_tokens, 0) + coalesce(total_tokens, 0) + coalesce(pages, 0) as quantity
        from {{ ref('stg_snowflake_usage__cortex_usage') }}
    )
{%- endset -%}
{%- set usage -%}
    (select charge_date, quantity from {{ ref('int_snowflake_usage__usage') }} where x_token_class <> 'requests')
{%- endset -%}
{{ apportion.sums_that_differ(
    one=counted, other=usage, keys=apportion.same_names(['charge_date']), amounts=[['quantity', 'quantity', 'quantity']]
) }}
