{#
    The charges of all enabled providers with what they are billed: on a prepaid account (billing_accounts.csv) usage was
    paid by a top-up and is billed 0; its effective cost stays. Nothing else of a line changes.
    columns   names that all of int_<provider>__charges have
#}
{% macro billed_lines(columns) -%}
    {%- set read = columns + [] -%}
    {%- for column in ['service_provider_name', 'billing_account_id', 'charge_date', 'charge_category'] -%}
        {%- do read.append(column) if column not in read -%}
    {%- endfor %}
    select
        {%- for column in columns %}
        {% if column == 'billed_cost' -%}
            case
                when prepaid.provider is not null and lines.charge_category = 'Usage' then cast(0 as {{ apportion.money() }})
                else lines.billed_cost
            end as billed_cost
        {%- else -%}
            lines.{{ column }}
        {%- endif %}
        {{- ',' if not loop.last }}
        {%- endfor %}

    from (
        {{ apportion.union_providers('charges', read) }}
    ) as lines

    left join (
        select * from {{ ref('int_accounts__dated') }}
        where payment = 'prepaid'
    ) as prepaid
        on lines.service_provider_name = prepaid.provider
        and lines.billing_account_id = prepaid.billing_account
        and lines.charge_date >= prepaid.valid_from
        and lines.charge_date < prepaid.valid_to
{%- endmacro %}
