{# What routes and bills may tell calls apart by: usage rows that share these are one telemetry key of their day. #}
{% macro telemetry_columns() %}
    {{ return([
        'x_source', 'service_provider_name', 'billing_account_id', 'sub_account_id', 'x_model', 'x_service_tier',
        'x_context_tier', 'x_region_scope', 'x_token_class', 'x_api_key_id', 'x_api_key_name', 'x_attribution_level',
    ]) }}
{% endmacro %}

{# The key of those columns, over a relation with the columns of usage. #}
{% macro telemetry_key() -%}
    {{ apportion.short_key(apportion.telemetry_columns()) }}
{%- endmacro %}

{#
    A key of some thousands of combinations, in twelve characters: DuckDB keeps texts as short as that in place, and joins
    and windows over them take half of the time. 48 bits; a test tells if two combinations ever shared one.
#}
{% macro short_key(fields) -%}
    substr({{ dbt.hash(apportion.fields_as_one(fields)) }}, 1, 12)
{%- endmacro %}

{# The key of one usage row within its day: its telemetry key and what else is known of the caller. #}
{% macro usage_key() -%}
    {{ dbt.hash(apportion.fields_as_one(
        apportion.telemetry_columns()
        + ['service_name', 'x_principal', 'x_gateway', 'x_workload', 'x_call_labels']
    )) }}
{%- endmacro %}


{#
    Token classes that some sources cannot tell apart, and what they may hold: a call counted as `input` is on bill
    lines of uncached input and of cached input, `cache_write` on those of any duration.
#}
{% macro coarse_classes() %}
    {% set writes = ['cache_write_5m', 'cache_write_30m', 'cache_write_1h', 'cache_write_12h'] %}
    {{ return({
        'cache_write': writes,
        'input': ['input_uncached', 'cache_read', 'cache_write'] + writes,
    }) }}
{% endmacro %}

{# Classes that some bills do not tell apart from plain tokens: pictures and sound where they cost the same. #}
{% macro plain_classes() %}
    {{ return({
        'input_image': 'input_uncached', 'input_audio': 'input_uncached', 'cache_read_image': 'cache_read',
        'cache_read_audio': 'cache_read', 'output_image': 'output', 'output_audio': 'output',
    }) }}
{% endmacro %}

{# Whether a class counts tokens; a bill that has one amount for all of them says `tokens`. #}
{% macro is_token_class(token_class) -%}
    ({{ token_class }} like 'input%' or {{ token_class }} like 'cache%' or {{ token_class }} like 'output%')
{%- endmacro %}

{#
    Pairs of classes as rows: a telemetry class, a bill class that may hold its tokens, and how far apart they are:
    0 the same, 1 one of them is coarser, 2 the bill has one amount for all tokens. Telemetry meets the nearest only.
    classes   relation with token_class: every class of the telemetry
#}
{% macro class_pairs(classes) -%}
    select
        token_class,
        token_class as bill_class,
        0 as distance
    from {{ classes }}
    union all
    select
        token_class,
        'tokens' as bill_class,
        2 as distance
    from {{ classes }}
    where {{ apportion.is_token_class('token_class') }}
    {%- for coarse, fine in apportion.coarse_classes().items() %}
    {%- for name in fine %}
    union all
    select
        token_class,
        case when token_class = '{{ coarse }}' then '{{ name }}' else '{{ coarse }}' end as bill_class,
        1 as distance
    from {{ classes }}
    where token_class in ('{{ coarse }}', '{{ name }}')
    {%- endfor %}
    {%- endfor %}
    {%- for rich, plain in apportion.plain_classes().items() %}
    union all
    select
        token_class,
        '{{ plain }}' as bill_class,
        1 as distance
    from {{ classes }}
    where token_class = '{{ rich }}'
    {%- endfor %}
{%- endmacro %}


{#
    A short name of the seeds that decide how bills are split: when one of them changes, the models that keep splits
    rewrite themselves. The order of their rows does not matter.
#}
{% macro attribution_version() %}
    {% set texts = [] %}
    {% for seed in [ref('telemetry_routes'), ref('model_prices'), ref('models')] %}
        {% for row in apportion.seed_rows(seed, []) %}
            {% do texts.append(seed.identifier ~ tojson(row, sort_keys=true)) %}
        {% endfor %}
    {% endfor %}
    {#  Which source speaks for a machine, and by which prices. #}
    {% do texts.append(tojson([var('node_sources'), var('node_prices')])) %}
    {{ return(local_md5(texts | sort | join)) }}
{% endmacro %}

{# Condition on rows of a model that were split by the present seeds. #}
{% macro is_current_attribution() -%}
    attribution_version = '{{ attribution_version() }}'
{%- endmacro %}


{#
    A column of a bill line that rules look at, where the line may have been split: what a part says of its callers, else
    what the line says itself. Over `charges`, left joined with fct_attributed_charges as `parts`.
    column   one of daily_attributes()
#}
{% macro attribute_of_part(column) -%}
    {%- if column['name'] in ['x_api_key_id', 'x_api_key_name', 'x_principal', 'x_gateway', 'x_workload']
        and column['expression'] == 'charges.' ~ column['name'] -%}
        case when parts.x_charge_id is null then charges.{{ column['name'] }} else parts.{{ column['name'] }} end
    {%- else -%}
        {{ column['expression'] }}
    {%- endif -%}
{%- endmacro %}
