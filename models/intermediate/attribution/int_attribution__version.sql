{#
    One text that differs when a seed does that decides how bills are split. Rows are joined in their order, so that
    their order in the file does not matter.
#}
{% set seeds = {
    'telemetry_routes': ['source', 'gateway_key', 'provider', 'billing_account', 'provider_key', 'rank', 'valid_from'],
    'model_prices': ['vendor', 'model', 'service_tier', 'token_class', 'valid_from', 'price_per_million', 'currency'],
    'models': ['provider', 'pattern', 'model', 'vendor'],
} %}

with

seed_rows as (
    {% for seed, columns in seeds.items() %}
    {%- set texts = [] %}
    {%- for column in columns %}
        {%- do texts.append('cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ')') %}
    {%- endfor %}
    select {{ dbt.hash(apportion.fields_as_one(["'" ~ seed ~ "'"] + texts)) }} as row_hash
    from {{ ref(seed) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

final as (

    select {{ dbt.hash("coalesce(" ~ dbt.listagg('row_hash', "','", 'order by row_hash') ~ ", '')") }} as attribution_version
    from seed_rows

)

select * from final
