{# The four costs of FOCUS, in the order in which they stand everywhere. #}
{% macro cost_columns() %}
    {{ return(['billed_cost', 'effective_cost', 'contracted_cost', 'list_cost']) }}
{% endmacro %}

{#
    What a line is to ownership.
      ordinary   owned by rules
      adjusting  Tax, Credit, Adjustment: only rules with a charge_category cell; else it follows the usage
      prepaid    a Purchase that pays for usage elsewhere (effective cost 0): only such rules; else Prepaid
#}
{% macro charge_kind(charges) -%}
    case
        when {{ charges }}.charge_category in ('Tax', 'Credit', 'Adjustment') then 'adjusting'
        when {{ charges }}.charge_category = 'Purchase' and coalesce({{ charges }}.effective_cost, 0) = 0
            then 'prepaid'
        else 'ordinary'
    end
{%- endmacro %}

{#
    The last day that a charge covers: its period's end is the first instant after it. At least the day on which
    it starts.
#}
{% macro last_day_of_charge(charges) -%}
    {%- set ends = charges ~ '.charge_period_end' -%}
    greatest(
        {{ charges }}.charge_date,
        coalesce(
            case
                when {{ ends }} = cast(cast({{ ends }} as date) as {{ dbt.type_timestamp() }})
                    then {{ apportion.days_after('cast(' ~ ends ~ ' as date)', -1) }}
                else cast({{ ends }} as date)
            end,
            {{ charges }}.charge_date
        )
    )
{%- endmacro %}

{# A name that stands for itself, since its id is absent. #}
{% macro name_without_id(id, name) -%}
    case when {{ id }} is null then {{ name }} end
{%- endmacro %}

{# The four costs in the reporting currency and again in billing currency, as marts have them. #}
{% macro amount_columns() %}
    {% set columns = apportion.cost_columns() %}
    {% for cost in apportion.cost_columns() %}
        {% do columns.append(cost ~ '_native') %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}

{# The dimensions of costs after int_costs__daily. #}
{% macro cost_dimensions() %}
    {{ return([
        'charge_date', 'billing_period_start', 'provider_name', 'billing_account_id', 'sub_account_id',
        'service_name', 'service_category', 'charge_category', 'model', 'tag_key', 'billing_currency',
    ]) }}
{% endmacro %}

{# Who owns a cost. #}
{% macro owner_columns() %}
    {{ return(['environment', 'feature', 'product', 'team', 'cost_center', 'customer']) }}
{% endmacro %}
