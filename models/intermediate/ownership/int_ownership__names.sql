{# Names change and ids do not: rules see the newest name that any bill or usage row gave an id. #}
with

named as (
    {% for relation in ['int_costs__daily', 'int_usage__daily'] %}
    {%- set relation_loop = loop %}
    {%- for named in apportion.named_attributes() if relation == 'int_costs__daily'
        or named['attribute'] in ['billing_account', 'sub_account', 'api_key'] %}
    select
        service_provider_name as provider,
        '{{ named['attribute'] }}' as attribute,
        {{ named['id'] }} as id,
        {{ named['name'] }} as name,
        max(charge_date) as last_seen
    from {{ ref(relation) }}
    where {{ named['id'] }} is not null and {{ named['name'] }} is not null
    group by service_provider_name, {{ named['id'] }}, {{ named['name'] }}
    {{ 'union all' if not (loop.last and relation_loop.last) }}
    {%- endfor %}
    {%- endfor %}

),

ranked as (

    select
        coalesce(provider, '') as provider,
        attribute,
        id,
        name,
        row_number() over (
            partition by provider, attribute, id
            order by last_seen desc, name desc
        ) as newest_first

    from named

),

final as (

    select
        provider,
        attribute,
        id,
        name
    from ranked
    where newest_first = 1

)

select * from final
