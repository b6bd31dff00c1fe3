{#
    The classes of a day sum to what the report that bills it counts, and no other report adds to them; Claude Code is
    a source of its own.
#}
{{ config(enabled='anthropic' in var('providers')) }}
{% set tokens = 'uncached_input_tokens + cache_read_input_tokens + coalesce(cache_creation_5m_input_tokens, 0)'
    ~ ' + coalesce(cache_creation_1h_input_tokens, 0) + output_tokens' %}
{% set of_days = " as told left join " ~ ref('int_anthropic__report_days')
    ~ " as days on told.charge_date = days.charge_date where coalesce(days.report, 'admin') = " %}
{{ apportion.sums_that_differ(
    one='(select told.charge_date, told.model, ' ~ tokens ~ ' as tokens from ' ~ ref('stg_anthropic__usage') ~ of_days
        ~ "'admin' union all select told.charge_date, told.model, " ~ tokens ~ ' as tokens from '
        ~ ref('stg_anthropic__analytics_usage') ~ of_days ~ "'analytics')",
    other='(select * from ' ~ ref('int_anthropic__usage') ~ " where x_source = 'anthropic'"
        ~ " and (x_token_class like 'input%' or x_token_class like 'cache%' or x_token_class = 'output'))",
    keys=[['charge_date', 'charge_date', 'charge_date'], ['model', 'model', 'x_model']],
    amounts=[['tokens', 'tokens', 'quantity']],
) }}
