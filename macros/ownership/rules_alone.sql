{#
    Rules evaluated each by itself, whatever other rules say: for asking what a rule would do that never wins. One
    scan of the tuples per 50 rules; a scan per rule would be planned, and on BigQuery read, thousands of times.
    tried      dicts with rule_id, ladder, condition (SQL) and, where it is asked for, value (SQL)
    relation   tuples with all that conditions look at: see tuples_with_tags()
    Columns: tag_key, valid_from, rule_id, ladder, value; one row where a rule holds.
#}
{% macro rules_alone(tried, relation) %}
    {% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
    {% for some in tried | batch(50) %}
    select
        tag_key,
        valid_from,
        rule_id,
        ladder,
        value
    from (
        select
            candidates.tag_key,
            candidates.valid_from,
            places.rule_id,
            places.ladder,
            case places.place
                {%- for rule in some %}
                when {{ loop.index }} then {{ rule['condition'] }}
                {%- endfor %}
            end as holds,
            {%- if some[0]['value'] is defined %}
            case places.place
                {%- for rule in some %}
                when {{ loop.index }} then {{ rule['value'] }}
                {%- endfor %}
            end as value
            {%- else %}
            {{ nothing }} as value
            {%- endif %}
        from {{ relation }} as candidates
        cross join (
            {%- for rule in some %}
            select
                {{ loop.index }} as place,
                {{ apportion.text_literal(rule['rule_id']) }} as rule_id,
                {{ apportion.text_literal(rule['ladder']) }} as ladder
            {{ 'union all' if not loop.last }}
            {%- endfor %}
        ) as places
    ) as tried
    where holds
    {{ 'union all' if not loop.last }}
    {% else %}
    select
        tag_key,
        valid_from,
        {{ nothing }} as rule_id,
        {{ nothing }} as ladder,
        {{ nothing }} as value
    from {{ relation }}
    where false
    {% endfor %}
{% endmacro %}


{#
    Two more CTEs after filled_tuples(): tuples_with_tags, with the tags that the rules together gave, so that a rule
    which asks for one (if_tag) can be tried without running the ladders again.
#}
{% macro tuples_with_tags() %}
matches as (

    select * from {{ ref('int_ownership__matches') }}

),

tuples_with_tags as (

    select
        stage_0.*
        {%- for ladder in apportion.rule_ladders(virtual_tag_rules()) %},
        matches.value_{{ ladder['name'] }}
        {%- endfor %}

    from stage_0

    inner join matches
        on stage_0.tag_key = matches.tag_key
        and stage_0.valid_from = matches.valid_from

),
{% endmacro %}


{# The ladder that a rule, a dict, competes on. Feature and pool are one: dim_ownership lets one of them win. #}
{% macro ladder_of(rule) %}
    {% if rule['tag'] in ('feature', 'shared_pool') %}
        {{ return('feature_or_pool') }}
    {% endif %}
    {% set overrides = (rule.get('overrides') or '') | lower == 'yes' %}
    {{ return(rule['tag'] ~ (' (overrides)' if overrides else '')) }}
{% endmacro %}


{#
    The ids of the rules that decide nothing, found when the model compiles: most projects have few, and only they
    are tried again. A unit test overrides this; without a warehouse all rules are given, to be compiled.
#}
{% macro silent_rules() %}
    {% set decisions = ref('int_rules__decisions') %}
    {% set rules = virtual_tag_rules() %}
    {% if not execute %}
        {{ return([]) }}
    {% endif %}
    {% set ids = rules | map(attribute='rule_id') | list %}
    {% if not flags.INTROSPECT %}
        {{ return(ids) }}
    {% endif %}
    {% if load_relation(decisions) is none %}
        {{ return([]) }}
    {% endif %}
    {% set deciding = run_query('select distinct rule_id from ' ~ decisions).columns[0].values() %}
    {{ return(ids | reject('in', deciding) | list) }}
{% endmacro %}
