{#
    What the rules look at. Beside each attribute stands its normalised form (normalised_<column>: lower case,
    without blanks around it, null where empty), which is what a rule compares.
#}
{% set sources = ['int_costs__daily', 'int_usage__daily'] %}
{% set named = apportion.named_attributes() %}
{% set columns = apportion.attribute_columns() %}
{% set labels = apportion.labels_in_use() %}

with

billed_or_used as (
    {% for source in sources %}
    select distinct
        tag_key,
        charge_kind,
        labels,
        {%- for column, expression in apportion.tuple_columns() %}
        {% if source == 'int_usage__daily' and not apportion.usage_knows(expression) -%}
            cast(null as {{ dbt.type_string() }})
        {%- else -%}
            {{ expression }}
        {%- endif %} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref(source) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

seen as (

    select distinct * from billed_or_used

),
{% for attribute in named %}
{{ attribute['attribute'] }}_names as (

    select * from {{ ref('int_ownership__names') }}
    where attribute = '{{ attribute['attribute'] }}'

),
{% endfor %}
described as (

    select
        seen.tag_key,
        seen.charge_kind,
        seen.labels,
        {%- for column, expression in apportion.tuple_columns() if not column.endswith('_without_id') %}
        seen.{{ column }},
        {%- endfor %}
        {%- for attribute in named %}
        coalesce({{ attribute['attribute'] }}_names.name, seen.{{ attribute['name_column'] }}_without_id)
            as {{ attribute['name_column'] }},
        {%- endfor %}
        {{ apportion.canonical_model('seen.provider', 'seen.model') }} as canonical_model

    from seen
    {% for attribute in named %}
    left join {{ attribute['attribute'] }}_names
        on coalesce(seen.provider, '') = {{ attribute['attribute'] }}_names.provider
        and seen.{{ attribute['id_column'] }} = {{ attribute['attribute'] }}_names.id
    {% endfor %}
),

labelled as (

    select
        described.*,
        {%- for label in labels %}
        {{ apportion.joined_label(label) }} as {{ label['column'] }},
        {%- endfor %}
        {%- for column in columns %}
        {{ apportion.normalised('described.' ~ column) }} as normalised_{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}

    from described

),

final as (

    select
        labelled.*
        {%- for label in labels %},
        {{ apportion.normalised('labelled.' ~ label['column']) }} as normalised_{{ label['column'] }}
        {%- endfor %}

    from labelled

)

select * from final
