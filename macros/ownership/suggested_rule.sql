{#
    What a suggested rule may look at, in the order of the seed's columns: dicts with place, cell (the seed's column),
    key (of a label, as a cell spells it, else '') and columns of dim_charge_attributes. The first column that is
    filled is the one to name; a cell matches where any of them has the value. The kind of a charge is left out: it
    tells what was billed, never whose it is.
#}
{% macro suggestible_cells() %}
    {% set cells = [] %}
    {% for cell, attribute in apportion.tag_attributes().items()
        if cell in apportion.attributes_in_use() and cell not in ('charge_category', 'charge_class') %}
        {% do cells.append({'place': loop.index, 'cell': cell, 'key': '', 'columns': attribute['columns']}) %}
    {% endfor %}
    {% for label in apportion.labels_in_use() %}
        {% do cells.append({
            'place': 100 + loop.index, 'cell': 'label', 'columns': [label['column']],
            'key': modules.re.sub('([\\\\;=!])', '\\\\\\1', label['name']),
        }) %}
    {% endfor %}
    {{ return(cells) }}
{% endmacro %}

{# The columns of virtual_tag_rules.csv, in order. #}
{% macro rule_columns() %}
    {{ return(['rule_id', 'tag', 'priority', 'value', 'overrides'] + (apportion.tag_attributes().keys() | list)
        + ['label', 'if_tag', 'valid_from', 'valid_to', 'note']) }}
{% endmacro %}

{#
    A text as a cell that matches just that text: \ before what the cell language would take for its own, anywhere or
    at the start. \ itself goes first. It and the semicolon stand as numbers: dbt takes them for its own in a unit test.
#}
{% macro exact_cell(text) %}
    {% set escaped = namespace(text=text) %}
    {% for character in ['chr(92)', "'|'", "'*'", "'?'", 'chr(59)'] %}
        {% set escaped.text = 'replace(' ~ escaped.text ~ ', ' ~ character ~ ', chr(92) || ' ~ character ~ ')' %}
    {% endfor %}
    {{ return('case when substr(' ~ text ~ ", 1, 1) in ('!', '~', '<') then chr(92) else '' end || " ~ escaped.text) }}
{% endmacro %}

{# A text as a cell of a CSV: in quotes where it must be. Blanks around it are gone and line ends are spaces already. #}
{% macro csv_cell(text) %}
    {{ return('case when ' ~ text ~ " like '%,%' or " ~ text ~ " like '%\"%' then '\"' || replace(" ~ text
        ~ ", '\"', '\"\"') || '\"' else " ~ text ~ ' end') }}
{% endmacro %}
