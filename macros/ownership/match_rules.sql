{#
    The rules, compiled. One CASE per ladder over the tuples: each branch is a rule in its order, and what comes
    out is the rule_id of the first that holds; values are then found by joins on it. Evaluated over distinct
    tuples this costs a thousandth of rules x charges (docs/decisions/0003).

    Rules may ask for tags that other rules give (if_tag), so ladders run in stages, each after those it asks for.
#}

{# Tags with a column of their own in dim_ownership, and those with a ladder of overrides before the plain one. #}
{% macro standard_tags() %}
    {{ return(['feature', 'product', 'team', 'cost_center', 'environment', 'customer', 'shared_pool']) }}
{% endmacro %}

{% macro derived_tags() %}
    {{ return(['product', 'team', 'cost_center']) }}
{% endmacro %}

{#
    The tags of a project's own, by name: their numbers stand in column names, and whoever reads the rules, in
    whatever order, must come to the same ones.
#}
{% macro further_tags(rules) %}
    {{ return(rules | map(attribute='tag') | reject('in', apportion.standard_tags()) | unique(case_sensitive=true)
        | sort(case_sensitive=true)) }}
{% endmacro %}

{# A name that people chose, as part of a column's name. #}
{% macro safe_name(name) %}
    {{ return(modules.re.sub('[^a-z0-9]+', '_', name | lower)) }}
{% endmacro %}

{# Tags whose values must be known to a seed. #}
{% macro known_tags() %}
    {{ return(['feature', 'product', 'team', 'cost_center', 'shared_pool']) }}
{% endmacro %}


{#
    The select of int_ownership__matches.
    tuples      relation with the tuples and their stretch of days
    backwards   rules of one priority from the last to the first: a test compares the outcomes
    Columns: tag_key, valid_from, valid_to and for each ladder rule_<ladder> and value_<ladder>.
#}
{% macro match_rules(tuples, backwards=false) %}
    {% set rules = apportion.ladder(virtual_tag_rules()) %}
    {% if backwards %}
        {% set rules = rules | reverse | sort(attribute='priority') %}
    {% endif %}
    {% set ladders = apportion.rule_ladders(rules) %}
    {% set templates = apportion.rule_templates(rules) %}
    {% set lookups = apportion.rule_lookups(templates) %}
    {% set stages = apportion.rule_stages(ladders) %}

with

{{ apportion.filled_tuples(tuples, templates, lookups) }}
rules as (

    select * from {{ ref('int_ownership__rules') }}

),
{% for stage in stages %}
{%- set number = loop.index %}
matched_{{ number }} as (

    select
        stage_{{ number - 1 }}.*
        {%- for ladder in stage %},
        {{ apportion.ladder_case(ladder, templates, ladders) }} as rule_{{ ladder['name'] }}
        {%- endfor %}

    from stage_{{ number - 1 }}

),

stage_{{ number }} as (

    select
        matched_{{ number }}.*
        {%- for ladder in stage %},
        {{ apportion.ladder_value(ladder, templates) }} as value_{{ ladder['name'] }},
        rules_{{ ladder['name'] }}.priority as priority_{{ ladder['name'] }}
        {%- endfor %}

    from matched_{{ number }}
    {% for ladder in stage %}
    left join rules as rules_{{ ladder['name'] }}
        on matched_{{ number }}.rule_{{ ladder['name'] }} = rules_{{ ladder['name'] }}.rule_id
    {% endfor %}
),
{% endfor %}
final as (

    select
        tag_key,
        valid_from,
        valid_to
        {%- for stage in stages %}
        {%- for ladder in stage %},
        rule_{{ ladder['name'] }},
        value_{{ ladder['name'] }},
        priority_{{ ladder['name'] }}
        {%- endfor %}
        {%- endfor %}

    from stage_{{ stages | length }}

)

select * from final
{% endmacro %}


{#
    The first CTEs of whatever tries rules: stage_0 is the tuples with each template filled for them (filled_<n>), and
    in the spelling of its seed where values must be known (template_<n>, null where the seed does not know it).
#}
{% macro filled_tuples(tuples, templates, lookups) %}
tuples as (

    select * from {{ tuples }}

),

known_owners as (

    select * from {{ ref('int_ownership__known_owners') }}

),

lookups as (

    select * from {{ ref('int_ownership__lookups') }}

),

filled as (

    select
        tuples.*
        {%- for template in templates %},
        {{ apportion.filled_template(template, lookups) }} as filled_{{ loop.index }}
        {%- endfor %}

    from tuples
    {% for lookup in lookups %}
    left join lookups as lookup_{{ loop.index }}
        on lookup_{{ loop.index }}.lookup_name = {{ apportion.text_literal(lookup['name']) }}
        and lookup_{{ loop.index }}.valid_from = tuples.valid_from
        and lookup_{{ loop.index }}.normalised_key = {{ apportion.normalised('tuples.' ~ lookup['column']) }}
    {% endfor %}
),

stage_0 as (

    select
        filled.*
        {%- for template in templates %},
        {{ 'known_' ~ loop.index ~ '.spelling' if template['tag'] in apportion.known_tags()
            else 'filled_' ~ loop.index }} as template_{{ loop.index }}
        {%- endfor %}

    from filled
    {% for template in templates if template['tag'] in apportion.known_tags() %}
    {%- set number = templates.index(template) + 1 %}
    left join known_owners as known_{{ number }}
        on known_{{ number }}.tag = '{{ template['tag'] }}'
        and known_{{ number }}.normalised = {{ apportion.normalised('filled.filled_' ~ number) }}
    {% endfor %}
),
{% endmacro %}


{#
    The ladders: dicts with name (part of column names), tag, and rules in order. Every standard tag has one,
    with or without rules; a derived tag has another of its overrides.
#}
{% macro rule_ladders(rules) %}
    {% set tags = apportion.standard_tags() + apportion.further_tags(rules) %}
    {% set ladders = [] %}
    {% for tag in tags %}
        {% set name = tag if tag in apportion.standard_tags()
            else 'tag_' ~ loop.index ~ '_' ~ apportion.safe_name(tag) %}
        {% set plain, overriding = [], [] %}
        {% for rule in rules if rule['tag'] == tag %}
            {% do (overriding if (rule.get('overrides') or '') | lower == 'yes' else plain).append(rule) %}
        {% endfor %}
        {% if tag in apportion.derived_tags() %}
            {% do ladders.append({'name': name ~ '_override', 'tag': tag, 'rules': overriding}) %}
        {% endif %}
        {% do ladders.append({'name': name, 'tag': tag, 'rules': plain}) %}
    {% endfor %}
    {{ return(ladders) }}
{% endmacro %}


{# Ladders in stages: each asks only for tags of earlier stages. A cycle is an error that names it. #}
{% macro rule_stages(ladders) %}
    {% set asks = {} %}
    {% for ladder in ladders %}
        {% do asks.setdefault(ladder['tag'], []) %}
        {% for rule in ladder['rules'] if rule.get('if_tag') %}
            {% for tag, pattern in apportion.read_pairs(rule['if_tag']) %}
                {% do asks[ladder['tag']].append(tag) %}
            {% endfor %}
        {% endfor %}
    {% endfor %}
    {% set done, stages = [], [] %}
    {% for _ in asks %}
        {% set ready = [] %}
        {% for tag, asked in asks.items() if tag not in done %}
            {% if asked | reject('in', done) | select('in', asks) | list | length == 0 %}
                {% do ready.append(tag) %}
            {% endif %}
        {% endfor %}
        {% if ready %}
            {% do done.extend(ready) %}
            {% do stages.append(ladders | selectattr('tag', 'in', ready) | list) %}
        {% endif %}
    {% endfor %}
    {% set stuck = asks.keys() | reject('in', done) | list %}
    {% if stuck %}
        {{ exceptions.raise_compiler_error(
            'seeds/virtual_tags/virtual_tag_rules.csv: the tags ' ~ stuck | join(' and ')
            ~ ' ask for each other in if_tag, in a circle. Let one of them look at something else.'
        ) }}
    {% endif %}
    {{ return(stages) }}
{% endmacro %}


{# One ladder as a CASE that gives the rule_id of the first rule that holds. #}
{% macro ladder_case(ladder, templates, ladders=none) %}
    {% if not ladder['rules'] %}
        {{ return('cast(null as ' ~ dbt.type_string() ~ ')') }}
    {% endif %}
    {% set branches = [] %}
    {% for rule in ladder['rules'] %}
        {% do branches.append(
            'when ' ~ apportion.rule_condition(rule, templates, ladders) ~ ' then '
            ~ apportion.text_literal(rule['rule_id'])
        ) %}
    {% endfor %}
    {{ return('case\n            ' ~ branches | join('\n            ') ~ '\n        end') }}
{% endmacro %}


{#
    Everything that must hold for a rule, cheap tests first.
    Tax, credits, adjustments and prepaid purchases are matched only by rules with a charge_category cell.
    ladders   rule_ladders() of the rules, where the caller has them: with many rules they are dear to make
#}
{% macro rule_condition(rule, templates, ladders=none) %}
    {% set where = 'seeds/virtual_tags/virtual_tag_rules.csv, rule ' ~ rule['rule_id'] %}
    {% set attributes = apportion.tag_attributes() %}
    {% set conditions = [] %}
    {% if 'charge_category' not in rule %}
        {% do conditions.append("charge_kind in ('ordinary', 'usage')") %}
    {% endif %}
    {% if rule.get('valid_from') %}
        {% do conditions.append('valid_from >= ' ~ apportion.date_literal(rule['valid_from'])) %}
    {% endif %}
    {% if rule.get('valid_to') %}
        {% do conditions.append('valid_from < ' ~ apportion.date_literal(rule['valid_to'])) %}
    {% endif %}
    {% for cell, attribute in attributes.items() if cell in rule %}
        {% if cell not in var('tag_attributes') %}
            {{ exceptions.raise_compiler_error(
                where ~ ': it looks at ' ~ cell ~ ', which is not in vars.tag_attributes. Add it in dbt_project.yml.'
            ) }}
        {% endif %}
        {% set columns = [] %}
        {% for column in attribute['columns'] %}
            {% do columns.append('normalised_' ~ column) %}
        {% endfor %}
        {% do conditions.append(apportion.cell_condition(rule[cell], columns)) %}
    {% endfor %}
    {% if 'label' in rule %}
        {% do conditions.append(apportion.pairs_condition(rule['label'], 'label', where)) %}
    {% endif %}
    {% if 'if_tag' in rule %}
        {% do conditions.append(apportion.pairs_condition(rule['if_tag'], 'if_tag', where, ladders)) %}
    {% endif %}
    {% for template in templates if template['tag'] == rule['tag'] and template['text'] == rule['value'] %}
        {% do conditions.append('template_' ~ (templates.index(template) + 1) ~ ' is not null') %}
    {% endfor %}
    {% set cheap, dear = [], [] %}
    {% for condition in conditions %}
        {% do (dear if 'regexp' in condition else cheap).append(condition) %}
    {% endfor %}
    {{ return((cheap + dear) | join(' and ') or 'true') }}
{% endmacro %}


{# A label or if_tag cell as a condition; all pairs must hold. #}
{% macro pairs_condition(cell, kind, where, ladders=none) %}
    {% set negated = cell.startswith('!') %}
    {% set conditions = [] %}
    {% for key, pattern in apportion.read_pairs(cell[1:] if negated else cell) %}
        {% if kind == 'label' %}
            {% set column = 'normalised_' ~ apportion.label_column(key, where) %}
        {% else %}
            {% set column = apportion.normalised(apportion.decided_tag(key, ladders)) %}
        {% endif %}
        {% do conditions.append(apportion.cell_condition(pattern, [column])) %}
    {% endfor %}
    {% set joined = conditions | join(' and ') or 'true' %}
    {{ return('not coalesce(' ~ joined ~ ', false)' if negated else joined) }}
{% endmacro %}


{# The column of dim_charge_attributes with a label; an error where vars.tag_labels does not list it. #}
{% macro label_column(name, where) %}
    {% for label in apportion.labels_in_use() if label['name'] == name %}
        {{ return(label['column']) }}
    {% endfor %}
    {{ exceptions.raise_compiler_error(
        where ~ ': it looks at the label "' ~ name ~ '", which is not in vars.tag_labels. Add it in dbt_project.yml.'
    ) }}
{% endmacro %}


{# A tag as rules give it: overrides first, then plain rules; null where undecided or where no rule gives it. #}
{% macro decided_tag(tag, ladders=none) %}
    {#  Standard tags have their ladders whatever the rules say; reading those takes a query. #}
    {% set rules = [] if ladders is not none or tag in apportion.standard_tags() else virtual_tag_rules() %}
    {% set all_ladders = ladders if ladders is not none else apportion.rule_ladders(rules) %}
    {% set own = all_ladders | selectattr('tag', 'equalto', tag) | list %}
    {% if not own %}
        {{ return('cast(null as ' ~ dbt.type_string() ~ ')') }}
    {% endif %}
    {% set values = [] %}
    {% for ladder in own %}
        {% do values.append('value_' ~ ladder['name']) %}
    {% endfor %}
    {{ return(values[0] if values | length == 1 else 'coalesce(' ~ values | join(', ') ~ ')') }}
{% endmacro %}


{#
    The templates among the values of rules, each once per tag: dicts with tag, text and pieces, a list of
    [kind, text] where kind is text, attribute, label or lookup.
#}
{% macro rule_templates(rules) %}
    {% set templates = [] %}
    {% for rule in rules if modules.re.search('\\{[^{}]+\\}', rule['value']) %}
        {% set known = templates | selectattr('tag', 'equalto', rule['tag'])
            | selectattr('text', 'equalto', rule['value']) | list %}
        {% if not known %}
            {% do templates.append({
                'tag': rule['tag'], 'text': rule['value'], 'pieces': apportion.template_pieces(rule),
            }) %}
        {% endif %}
    {% endfor %}
    {{ return(templates) }}
{% endmacro %}

{% macro template_pieces(rule) %}
    {% set where = 'seeds/virtual_tags/virtual_tag_rules.csv, rule ' ~ rule['rule_id'] %}
    {% set pieces = [] %}
    {% for piece in modules.re.split('(\\{[^{}]+\\})', rule['value']) if piece %}
        {% if not (piece.startswith('{') and piece.endswith('}')) %}
            {% do pieces.append({'kind': 'text', 'text': piece}) %}
        {% elif piece[1:-1].startswith('lookup:') %}
            {% set parts = piece[1:-1].split(':', 2) %}
            {% do pieces.append({
                'kind': 'lookup', 'name': parts[1],
                'column': apportion.reference_column(parts[2] if parts | length > 2 else '', where),
            }) %}
        {% else %}
            {% do pieces.append({
                'kind': 'attribute', 'column': apportion.reference_column(piece[1:-1], where),
            }) %}
        {% endif %}
    {% endfor %}
    {{ return(pieces) }}
{% endmacro %}

{#
    The column that a reference stands for: {label:team}, {sub_account} (the id), {sub_account_name}, {service}.
#}
{% macro reference_column(reference, where) %}
    {% if reference.startswith('label:') %}
        {{ return(apportion.label_column(reference[6:], where)) }}
    {% endif %}
    {% for name, attribute in apportion.tag_attributes().items() %}
        {% if reference == name or reference in attribute['columns'] %}
            {% if name not in var('tag_attributes') %}
                {{ exceptions.raise_compiler_error(
                    where ~ ': its value asks for ' ~ name ~ ', which is not in vars.tag_attributes. Add it in '
                    ~ 'dbt_project.yml.'
                ) }}
            {% endif %}
            {{ return(reference if reference in attribute['columns'] else attribute['columns'][0]) }}
        {% endif %}
    {% endfor %}
    {{ exceptions.raise_compiler_error(
        where ~ ': its value asks for {' ~ reference ~ '}, which is no attribute. Known are: '
        ~ apportion.tag_attributes().keys() | join(', ') ~ ', label:<key> and lookup:<name>:<attribute>.'
    ) }}
{% endmacro %}

{# The lookups that templates use, each once: dicts with name and column. #}
{% macro rule_lookups(templates) %}
    {% set lookups = [] %}
    {% for template in templates %}
        {% for piece in template['pieces'] if piece['kind'] == 'lookup' %}
            {% set lookup = {'name': piece['name'], 'column': piece['column']} %}
            {% if lookup not in lookups %}
                {% do lookups.append(lookup) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {{ return(lookups) }}
{% endmacro %}

{# A template filled for a tuple; null where a reference is absent. Filled once: braces in a value stay. #}
{% macro filled_template(template, lookups) %}
    {% set texts = [] %}
    {% for piece in template['pieces'] %}
        {% if piece['kind'] == 'text' %}
            {% do texts.append(apportion.text_literal(piece['text'])) %}
        {% elif piece['kind'] == 'lookup' %}
            {% set number = lookups.index({'name': piece['name'], 'column': piece['column']}) + 1 %}
            {% do texts.append('lookup_' ~ number ~ '.value') %}
        {% else %}
            {% do texts.append(apportion.trimmed('tuples.' ~ piece['column'])) %}
        {% endif %}
    {% endfor %}
    {{ return(texts | join(' || ')) }}
{% endmacro %}

{# The value that a ladder gives: the filled template of its rule, else the rule's literal. #}
{% macro ladder_value(ladder, templates) %}
    {% set branches = [] %}
    {% for template in templates if template['tag'] == ladder['tag'] %}
        {% set ids = [] %}
        {% for rule in ladder['rules'] if rule['value'] == template['text'] %}
            {% do ids.append(apportion.text_literal(rule['rule_id'])) %}
        {% endfor %}
        {% if ids %}
            {% do branches.append(
                'when rule_' ~ ladder['name'] ~ ' in (' ~ ids | join(', ') ~ ') then template_'
                ~ (templates.index(template) + 1)
            ) %}
        {% endif %}
    {% endfor %}
    {% set literal = 'rules_' ~ ladder['name'] ~ '.value' %}
    {{ return(literal if not branches else 'case ' ~ branches | join(' ') ~ ' else ' ~ literal ~ ' end') }}
{% endmacro %}


{# A date as a literal. #}
{% macro date_literal(day) %}
    {{ return('cast(' ~ apportion.text_literal(day) ~ ' as date)') }}
{% endmacro %}
