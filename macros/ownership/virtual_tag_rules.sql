{#
    The rules, as a list of dicts. The only way to them: at run time they are read from the seed, a unit test overrides this macro, and where
    introspection is off (compiling without an account) a sample with every operator stands in.
#}
{% macro virtual_tag_rules() %}
    {{ return(apportion.seed_rows(ref('virtual_tag_rules'), apportion.sample_rules())) }}
{% endmacro %}

{# The spellings of label keys, as a list of dicts with provider, raw_key and key. #}
{% macro label_keys() %}
    {{ return(apportion.seed_rows(
        ref('label_keys'), [{'provider': 'AWS', 'raw_key': 'Team', 'key': 'team'}]
    )) }}
{% endmacro %}

{# The spelling patterns of models, as a list of dicts with provider, pattern and model. #}
{% macro model_patterns() %}
    {{ return(apportion.seed_rows(
        ref('models'), [{'provider': 'OpenAI', 'pattern': "o'3*", 'model': 'o3'}]
    )) }}
{% endmacro %}

{#
    The rows of a seed as dicts of text, blank cells left out.
    seed      ref() of the seed; stand it outside of any `if execute`, or dbt sees no dependency
    sample    what to give where the seed cannot be read: introspection is off
#}
{% macro seed_rows(seed, sample) %}
    {% if not execute %}
        {{ return([]) }}
    {% endif %}
    {% if not flags.INTROSPECT %}
        {{ return(sample) }}
    {% endif %}
    {% if load_relation(seed) is none %}
        {{ return([]) }}
    {% endif %}
    {% set table = run_query('select * from ' ~ seed) %}
    {% set names = table.column_names | map('lower') | list %}
    {% set rows = [] %}
    {% for values in table.rows %}
        {% set row = {} %}
        {% for name in names %}
            {% set value = values[loop.index0] %}
            {% if value is not none and value | string | trim %}
                {% do row.update({name: value | string | trim}) %}
            {% endif %}
        {% endfor %}
        {% do rows.append(row) %}
    {% endfor %}
    {{ return(rows) }}
{% endmacro %}

{# Rules in the order in which they are tried: lowest priority first, then the smaller rule_id. #}
{% macro ladder(rules) %}
    {% set numbered = [] %}
    {% for rule in rules %}
        {% do numbered.append(dict(rule, priority=rule['priority'] | int)) %}
    {% endfor %}
    {% set by_id = numbered | sort(attribute='rule_id', case_sensitive=true) %}
    {{ return(by_id | sort(attribute='priority')) }}
{% endmacro %}

{# Every operator once, for compiling without a warehouse. #}
{% macro sample_rules() %}
    {{ return([
        {'rule_id': 's1', 'tag': 'feature', 'priority': 1, 'value': "it's", 'provider': 'AWS|"Azure"'},
        {'rule_id': 's2', 'tag': 'feature', 'priority': 2, 'value': '{label:team}-{sub_account}', 'sub_account': 'prod*|?x'},
        {'rule_id': 's3', 'tag': 'feature', 'priority': 3, 'value': 'x', 'resource': '!~^i-[0-9]+\\d|<none>'},
        {'rule_id': 's4', 'tag': 'environment', 'priority': 4, 'value': 'prod', 'service': '100%_*\\*', 'valid_from': '2026-01-01'},
        {'rule_id': 's5', 'tag': 'team', 'priority': 5, 'value': 'x', 'overrides': 'yes', 'charge_category': 'Tax'},
        {'rule_id': 's6', 'tag': 'team', 'priority': 6, 'value': '{label:team}', 'label': 'environment=!prod|stage; team=*', 'valid_to': '2026-02-01'},
        {'rule_id': 's7', 'tag': 'shared_pool', 'priority': 7, 'value': 'pool', 'if_tag': 'environment=prod*', 'model': 'gpt-*'},
        {'rule_id': 's8', 'tag': 'customer', 'priority': 8, 'value': '{lookup:crm:sub_account}'},
        {'rule_id': 's9', 'tag': 'Cost type', 'priority': 9, 'value': '{service}', 'if_tag': 'stage=live|<none>'},
        {'rule_id': 's10', 'tag': 'stage', 'priority': 10, 'value': 'live', 'if_tag': 'environment=prod'},
    ]) }}
{% endmacro %}
