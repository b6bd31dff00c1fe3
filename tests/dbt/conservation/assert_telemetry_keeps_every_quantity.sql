{# The text of the files, cast by itself, is the usage: per day, provider and measure. #}
{{ config(enabled='telemetry' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(' ~ apportion.raw_columns(source('raw_telemetry', 'telemetry'), [
        ['charge_date', 'date'], ['provider', 'text'], ['measure', 'text'], ['quantity', 'text'],
    ]) ~ ')',
    other=ref('int_telemetry__usage'),
    keys=[
        ['charge_date', 'charge_date', 'charge_date'],
        ['provider', apportion.trimmed('provider'), 'service_provider_name'],
        ['measure', apportion.trimmed('measure'), 'x_token_class'],
    ],
    amounts=[['quantity', 'cast(quantity as ' ~ apportion.money() ~ ')', 'quantity']],
) }}
