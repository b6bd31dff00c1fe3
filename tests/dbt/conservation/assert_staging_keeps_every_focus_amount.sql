{# The text of the files, cast by itself, is what staging has: per file, billed and effective. #}
{{ config(enabled='focus' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(' ~ apportion.raw_columns(source('raw_focus', 'cost_and_usage'), [
        ['source_file', 'text'], ['billed_cost', 'text'], ['effective_cost', 'text'], ['list_cost', 'text'],
    ]) ~ ')',
    other=ref('stg_focus__cost_and_usage'),
    keys=apportion.same_names(['source_file']),
    amounts=[
        ['lines', '1', '1'],
        ['billed_cost', 'cast(billed_cost as ' ~ apportion.money() ~ ')', 'billed_cost'],
        ['effective_cost', 'cast(effective_cost as ' ~ apportion.money() ~ ')', 'effective_cost'],
        ['list_cost', 'cast(list_cost as ' ~ apportion.money() ~ ')', 'list_cost'],
    ],
) }}
