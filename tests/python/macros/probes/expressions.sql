{# What our macros make of values on the edge: every column is text, one row for each of `given`. #}
{% set money = apportion.money() %}
{% set given = [
    {'words': "  It's\t\"A\" \\ b\u00a0 ", 'json': '{"k": 1.50, "s": " x ", "o": {"a": 1}, "n": null, "b": true, "Team": "T"}',
     'amount': '1234.567890123456789012', 'rate': '1.08', 'moment': '2026-05-01T10:20:30Z', 'day': '2024-02-29'},
    {'words': 'i-0042\nline', 'json': '{"a.b/c~d\\"e": "odd", "s": ""}',
     'amount': '-0.000000000000000019', 'rate': '150.123456789012345678', 'moment': '2026-12-31 23:59:59.999',
     'day': '2026-12-31'},
    {'words': ' \t\r\n ', 'json': 'no json', 'amount': '99999999999.99', 'rate': '0.000000000000000001',
     'moment': '2026-01-01', 'day': '2026-01-01'},
    {'words': '100%_left*', 'json': '[1, 2]', 'amount': '-98765432.1', 'rate': '3', 'moment': '2026-03-31T00:00:00.5Z',
     'day': '2026-03-31'},
    {'words': 'ÄÖ prod-x', 'json': none, 'amount': '0', 'rate': '0', 'moment': none, 'day': none},
    {'words': '{"owner": "Jane.O\'Hara+x@corp.example.com", "cc": "a@b.co;c@d.org", "at": "@home 5@6"}', 'json': none,
     'amount': '1', 'rate': '2', 'moment': none, 'day': none},
    {'words': none, 'json': '{}', 'amount': none, 'rate': '1', 'moment': '1999-12-31T23:59:59Z', 'day': '2000-03-01'},
] %}
{% set folded = apportion.normalised('words') %}
{% set probes = {
    'literal': 'words',
    'trimmed': apportion.trimmed('words'),
    'normalised': folded,
    'hashed': dbt.hash("coalesce(words, chr(30)) || chr(31) || coalesce(json, chr(30))"),
    'is_same': apportion.is_same('words', folded),
    'label_number': apportion.json_label('json', 'k'),
    'label_text': apportion.json_label('json', 's'),
    'label_object': apportion.json_label('json', 'o'),
    'label_null': apportion.json_label('json', 'n'),
    'label_true': apportion.json_label('json', 'b'),
    'label_case': apportion.json_label('json', 'team'),
    'label_odd': apportion.json_label('json', 'a.b/c~d"e'),
    'object': apportion.json_label(apportion.json_object([['a', 'words'], ["b'", 'json']]), 'a'),
    'quoted': apportion.json_quoted('words'),
    'labels': apportion.call_labels('json'),
    'caller': apportion.aws_caller("'arn:aws:sts::1:assumed-role/' || words || '/pod-7'"),
    'without': apportion.without_match('words', '-[a-z0-9]+(.|$)'),
    'without_emails': apportion.without_emails('words'),
    'regex': apportion.regex_found('words', '^I-[0-9]+\\d.L'),
    'replaced': apportion.regex_replaced('words', "[^a-z0-9.']+", '-'),
    'meter_words': apportion.meter_words('words'),
    'without_words': apportion.without_words(apportion.meter_words('words'), ['prod', 'left', 'it']),
    'glob': apportion.cell_condition('*prod?x|100\\%*', [folded]),
    'glob_of_specials': apportion.cell_condition('100%_*\\*', [folded]),
    'exact': apportion.cell_condition("it's \"a\" \\\\ b|äö PROD-x", [folded]),
    'absent': apportion.cell_condition('<none>', [folded, 'json']),
    'negated': apportion.cell_condition('!~^i-|<none>', [folded]),
    'moment_day': 'cast(' ~ apportion.timestamp_of_text('moment') ~ ' as date)',
    'moment_second': 'extract(second from ' ~ apportion.timestamp_of_text('moment') ~ ')',
    'month': apportion.period_start('month', 'day'),
    'quarter': apportion.period_start('quarter', 'day'),
    'year': apportion.period_start('year', 'day'),
    'month_end': dbt.last_day('day', 'month'),
    'days_before': apportion.days_after('day', -32),
    'days_between': dbt.datediff('day', "cast('2026-02-01' as date)", 'day'),
    'whole': apportion.whole_units('amount'),
    'fraction': apportion.fraction_units('amount'),
    'units': apportion.units_of('amount', 4),
    'weight': apportion.weight_of('amount'),
    'millionth': apportion.money_of_units(apportion.units_of('amount', 12)),
    'cents': apportion.cents('written'),
    'product': apportion.product_of('amount', 'rate'),
    'ratio': apportion.ratio('amount', 'rate'),
    'ratio_of_days': apportion.ratio('amount', '7'),
    'rated': apportion.rated('amount', 'rate'),
    'share': apportion.share_of(apportion.weight_of('rate'), apportion.weight_of('rate') ~ ' * 3 + 1'),
    'smaller': apportion.least_of('amount', 'rate'),
} %}

with

given as (
    {% for row in given %}
    select
        {{ loop.index }} as row_id,
        {%- for name, kind in {'words': dbt.type_string(), 'json': dbt.type_string(), 'written': dbt.type_string(),
            'moment': dbt.type_string(), 'amount': money, 'rate': money, 'day': 'date'}.items() %}
        {%- set value = row['amount'] if name == 'written' else row[name] %}
        cast({{ 'null' if value is none else apportion.text_literal(value) }} as {{ kind }}) as {{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select
    cast(row_id as {{ dbt.type_string() }}) as row_id,
    {%- for name, expression in probes.items() %}
    cast({{ expression }} as {{ dbt.type_string() }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from given
