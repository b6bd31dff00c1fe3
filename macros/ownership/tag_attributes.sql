{#
    What rules can look at: cell of the rule -> columns of dim_charge_attributes and what fills them.
      columns  the columns a cell is compared with; with two (id and name) it matches where either does
      id       column of fct_charges
      name     column of fct_charges with the name of the id
    Names are no part of a tuple: a rename must not make a new one. Only a name without an id is.
#}
{% macro tag_attributes() %}
    {{ return({
        'provider': {'columns': ['provider'], 'id': 'service_provider_name'},
        'billing_account': {
            'columns': ['billing_account_id', 'billing_account_name'],
            'id': 'billing_account_id', 'name': 'billing_account_name',
        },
        'sub_account': {
            'columns': ['sub_account_id', 'sub_account_name'],
            'id': 'sub_account_id', 'name': 'sub_account_name',
        },
        'service': {'columns': ['service'], 'id': 'service_name'},
        'sku': {'columns': ['sku_id', 'sku_name'], 'id': 'sku_id', 'name': 'sku_meter'},
        'resource': {
            'columns': ['resource_id', 'resource_name'], 'id': 'resource_id', 'name': 'resource_name',
        },
        'resource_type': {'columns': ['resource_type'], 'id': 'resource_type'},
        'region': {'columns': ['region_id', 'region_name'], 'id': 'region_id', 'name': 'region_name'},
        'charge_category': {'columns': ['charge_category'], 'id': 'charge_category'},
        'charge_class': {'columns': ['charge_class'], 'id': 'charge_class'},
        'description': {'columns': ['description'], 'id': 'charge_description'},
        'commitment_status': {
            'columns': ['commitment_status'], 'id': 'commitment_discount_status',
        },
        'model': {'columns': ['model', 'canonical_model'], 'id': 'x_model'},
        'service_tier': {'columns': ['service_tier'], 'id': 'x_service_tier'},
        'api_key': {
            'columns': ['api_key_id', 'api_key_name'], 'id': 'x_api_key_id', 'name': 'x_api_key_name',
        },
        'principal': {'columns': ['principal'], 'id': 'x_principal'},
        'gateway': {'columns': ['gateway'], 'id': 'x_gateway'},
        'workload': {'columns': ['workload'], 'id': 'x_workload'},
    }) }}
{% endmacro %}

{# The names in vars.tag_attributes; an unknown one is an error, not an attribute that nobody misses. #}
{% macro attributes_in_use() %}
    {% set known = apportion.tag_attributes().keys() | list %}
    {% for name in var('tag_attributes') if name not in known %}
        {{ exceptions.raise_compiler_error(
            'dbt_project.yml: vars.tag_attributes lists "' ~ name ~ '", which is no attribute. Known are: '
            ~ known | join(', ') ~ '.'
        ) }}
    {% endfor %}
    {{ return(var('tag_attributes')) }}
{% endmacro %}

{#
    The columns that make up a tuple, in order: [column, expression over fct_charges]. An attribute that is not
    in use is null, so the columns are the same in every project.
#}
{% macro tuple_columns() %}
    {% set columns = [] %}
    {% set in_use = apportion.attributes_in_use() %}
    {% for name, attribute in apportion.tag_attributes().items() %}
        {% set used = name in in_use %}
        {% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
        {% do columns.append([attribute['columns'][0], attribute['id'] if used else nothing]) %}
        {% if 'name' in attribute %}
            {% set own_name = apportion.name_without_id(attribute['id'], attribute['name']) %}
            {% do columns.append([attribute['columns'][1] ~ '_without_id', own_name if used else nothing]) %}
        {% endif %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}

{#
    The attributes that have an id and a name, in use or not: dicts with attribute, id and name (columns of
    fct_charges) and id_column and name_column (of dim_charge_attributes).
#}
{% macro named_attributes() %}
    {% set pairs = [] %}
    {% for name, attribute in apportion.tag_attributes().items() if 'name' in attribute %}
        {% do pairs.append({
            'attribute': name, 'id': attribute['id'], 'name': attribute['name'],
            'id_column': attribute['columns'][0], 'name_column': attribute['columns'][1],
        }) %}
    {% endfor %}
    {{ return(pairs) }}
{% endmacro %}

{#
    The id and name columns of fct_charges that int_costs__daily keeps: dicts with name and expression. Those of
    attributes that are not in use are null, except what the marts report by.
#}
{% macro daily_attributes() %}
    {% set reported = ['service_provider_name', 'billing_account_id', 'sub_account_id', 'service_name',
        'charge_category', 'x_model'] %}
    {% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
    {% set columns = [] %}
    {% for name, attribute in apportion.tag_attributes().items() %}
        {% for column in [attribute['id'], attribute.get('name')] if column %}
            {% set kept = name in var('tag_attributes') or column in reported %}
            {% do columns.append({'name': column, 'expression': 'charges.' ~ column if kept else nothing}) %}
        {% endfor %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}

{#
    The labels that make up a tuple, from vars.tag_labels: name as listed, key in its JSON, and whose it is
    (bill: FOCUS Tags, call: the telemetry's labels), and its column in dim_charge_attributes.
#}
{% macro labels_in_use() %}
    {% set labels = [] %}
    {% for name in var('tag_labels') %}
        {% set said = name[:5] in ('bill:', 'call:') %}
        {% set side = name[:4] if said else ('call' if name in var('call_labels') else 'bill') %}
        {% do labels.append({
            'name': name, 'key': name[5:] if said else name, 'side': side,
            'column': 'label_' ~ loop.index ~ '_' ~ modules.re.sub('[^a-z0-9]+', '_', name | lower),
        }) %}
    {% endfor %}
    {{ return(labels) }}
{% endmacro %}

{#
    A short name of what a tuple is made of. int_costs__daily keeps it: when the lists change, it differs,
    and the model rewrites itself.
#}
{% macro tuple_version() %}
    {{ return(local_md5(tojson([var('tag_attributes'), var('tag_labels'), var('call_labels')]))) }}
{% endmacro %}

{# Condition on rows that were written with the present lists. #}
{% macro is_current_tuple() -%}
    tuple_version = '{{ apportion.tuple_version() }}'
{%- endmacro %}

{#
    Condition on rows of int_costs__daily that were written with the present lists and, where the bill can be split, by
    the present routes and prices.
#}
{% macro is_current_cost() -%}
    {{ apportion.is_current_tuple() }}
    and (attribution_version is null or {{ apportion.is_current_attribution() }})
{%- endmacro %}

{#
    The columns of a relation and `labels`: a JSON object of the labels in use, from its columns tags (the
    bill's) and x_call_labels (the telemetry's). They are read once per distinct text, not once per row.
#}
{% macro with_labels(relation) %}
    select
        {{ relation }}.*,
        label_sets.labels

    from {{ relation }}

    left join (

        select
            tags,
            x_call_labels,
            {{ apportion.label_object() }} as labels

        from (select distinct tags, x_call_labels from {{ relation }}) as label_texts

    ) as label_sets
        on coalesce({{ relation }}.tags, '') = coalesce(label_sets.tags, '')
        and coalesce({{ relation }}.x_call_labels, '') = coalesce(label_sets.x_call_labels, '')
        and ({{ relation }}.tags is null) = (label_sets.tags is null)
        and ({{ relation }}.x_call_labels is null) = (label_sets.x_call_labels is null)
{% endmacro %}

{#
    The labels in use as a JSON object; null where both texts are absent. Sorted, as BigQuery and Snowflake do by
    themselves, so that a tuple has the same key everywhere.
#}
{% macro label_object() %}
    {% set members = [] %}
    {% for label in apportion.labels_in_use() | sort(attribute='name', case_sensitive=true) %}
        {% set text = {'bill': 'tags', 'call': 'x_call_labels'}[label['side']] %}
        {% do members.append([label['name'], apportion.json_label(text, label['key'])]) %}
    {% endfor %}
    case when tags is not null or x_call_labels is not null then {{ apportion.json_object(members) }} end
{% endmacro %}

{# What makes up a tuple's key: its columns, what kind of charge it is, and its labels. #}
{% macro tag_key_fields() %}
    {{ return(['charge_kind', 'labels'] + (apportion.tuple_columns() | map(attribute=1) | list)) }}
{% endmacro %}

{# The key of a tuple, over a relation with the columns of fct_charges, charge_kind and labels. #}
{% macro tag_key() -%}
    {{ dbt.hash(apportion.fields_as_one(apportion.tag_key_fields())) }}
{%- endmacro %}

{#
    Several texts as one that no other texts give. Fields are kept apart by the unit separator and absent ones marked
    by the record separator, which no provider writes; a test tells if two tuples ever shared a key.
#}
{% macro fields_as_one(fields) -%}
    {%- set texts = [] -%}
    {%- for field in fields -%}
        {%- do texts.append('coalesce(' ~ field ~ ', chr(30))') -%}
        {%- do texts.append('chr(31)') if not loop.last -%}
    {%- endfor -%}
    {{ apportion.one_text(texts) }}
{%- endmacro %}


{# The columns of dim_charge_attributes that rules compare, labels apart. #}
{% macro attribute_columns() %}
    {% set columns = [] %}
    {% for attribute in apportion.tag_attributes().values() %}
        {% do columns.extend(attribute['columns']) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}

{# Whether an expression of tuple_columns() can be read from int_usage__daily, which has fewer columns. #}
{% macro usage_knows(expression) %}
    {% set known = apportion.usage_columns() | map(attribute=0) | list %}
    {% for attribute in apportion.tag_attributes().values() if attribute['id'] not in known %}
        {% if attribute['id'] in expression %}
            {{ return(false) }}
        {% endif %}
    {% endfor %}
    {{ return(true) }}
{% endmacro %}

{#
    A label of a tuple after label_keys.csv has joined its spellings: the key itself first, then the other
    spellings in the order of the seed, each for its provider.
    label   one of labels_in_use()
#}
{% macro joined_label(label) %}
    {% set spellings = [apportion.trimmed(apportion.json_label('described.labels', label['name']))] %}
    {% for spelling in label_keys() if spelling['key'] == label['key'] %}
        {% for other in apportion.labels_in_use()
            if other['key'] == spelling['raw_key'] and other['side'] == label['side'] %}
            {% set text = apportion.trimmed(apportion.json_label('described.labels', other['name'])) %}
            {% if 'provider' in spelling %}
                {% set text = 'case when ' ~ apportion.normalised('described.provider') ~ ' = '
                    ~ apportion.lower_literal(spelling['provider']) ~ ' then ' ~ text ~ ' end' %}
            {% endif %}
            {% do spellings.append(text) %}
        {% endfor %}
    {% endfor %}
    {{ return(spellings[0] if spellings | length == 1 else 'coalesce(' ~ spellings | join(', ') ~ ')') }}
{% endmacro %}

{#
    The canonical name of a model by seeds/pricing/models.csv; null where no pattern knows the spelling.
    provider, model   SQL: who bills it, and how it is spelled on the bill
#}
{% macro canonical_model(provider, model) %}
    {% set patterns = model_patterns() %}
    {% if not patterns %}
        {{ return('cast(null as ' ~ dbt.type_string() ~ ')') }}
    {% endif %}
    {% set branches = [] %}
    {% for pattern in patterns %}
        {% set condition = apportion.cell_condition(pattern['pattern'], [apportion.normalised(model)]) %}
        {% if 'provider' in pattern %}
            {% set condition = apportion.cell_condition(pattern['provider'], [apportion.normalised(provider)])
                ~ ' and ' ~ condition %}
        {% endif %}
        {% do branches.append('when ' ~ condition ~ ' then ' ~ apportion.text_literal(pattern['model'])) %}
    {% endfor %}
    {{ return('case ' ~ branches | join(' ') ~ ' end') }}
{% endmacro %}
