{# The text of the report, cast by itself, is what the charges have: billed, effective, contracted and list, by day. #}
{{ config(enabled='pinecone' in var('providers')) }}
{% set costs = apportion.cost_columns() %}
{% set columns = [['charge_date', 'date'], ['line_id', 'text']] %}
{% set amounts = [['lines', '1', '1']] %}
{% for cost in costs %}
    {% do columns.append([cost, 'text']) %}
    {% do amounts.append([cost, 'cast(' ~ cost ~ ' as ' ~ apportion.money() ~ ')', cost]) %}
{% endfor %}
{{ apportion.sums_that_differ(
    one='(' ~ apportion.raw_columns(source('raw_pinecone', 'cost_and_usage'), columns) ~ ')',
    other=ref('int_pinecone__charges'),
    keys=apportion.same_names(['charge_date']),
    amounts=amounts,
) }}
