{# A usage row speaks for its feature, else its team, else its product; without any of them for nobody. #}
with

usage_rows as (

    select
        fct.*,
        {{ apportion.owner_type('fct') }} as target_type,
        {{ apportion.owner_name('fct') }} as target
    from {{ ref('fct_ai_usage') }} as fct

),

measured as (
    {% for driver, measure, condition in [
        ['ai_tokens', 'quantity', "token_class like 'input%' or token_class like 'output%' or token_class like 'cache%'"],
        ['ai_requests', 'quantity', "token_class = 'requests'"],
        ['ai_rated_cost', 'rated_cost', "price_status = 'priced'"],
    ] %}
    select
        '{{ driver }}' as driver,
        charge_date,
        target_type,
        target,
        {%- for column in apportion.partition_columns() %}
        {{ column }},
        {%- endfor %}
        {{ measure }} as quantity
    from usage_rows
    where target is not null and ({{ condition }})
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

final as (

    select
        driver,
        charge_date,
        target_type,
        target,
        {%- for column in apportion.partition_columns() %}
        {{ column }},
        {%- endfor %}
        cast(sum(quantity) as {{ apportion.money() }}) as quantity
    from measured
    group by
        driver,
        charge_date,
        target_type,
        target
        {%- for column in apportion.partition_columns() %},
        {{ column }}
        {%- endfor %}

)

select * from final
