{# The split: a charge, a credit and the smallest amount over seven and three targets, and one over nobody. #}
{% set wide = apportion.wide_integer() %}

with

amounts as (
    {% for pool, amount in [('a', '1000000.000000000000000001'), ('a', '-0.07'), ('b', '0.000000000000000001'), ('c', '5')] %}
    select '{{ pool }}' as pool, {{ loop.index }} as line, cast('{{ amount }}' as {{ apportion.money() }}) as cost
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

drivers as (
    {% for pool, target, weight in [
        ('a', 't1', 1), ('a', 't2', 10), ('a', 't3', 3), ('a', 't4', 10 ** 15), ('a', 't5', 7), ('a', 't6', 10 ** 17),
        ('a', 't7', 1), ('b', 't1', 1), ('b', 't2', 1), ('b', 't3', 1),
    ] %}
    select '{{ pool }}' as pool, '{{ target }}' as target, cast({{ weight }} as {{ wide }}) as weight
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

parts as (

    {{ apportion.allocate_proportionally(
        amounts='amounts', drivers='drivers', partition_by=['pool'], weight='weight', order_by=['target'],
        amount_columns=['cost'], keep=['pool', 'line'], targets=['target'],
    ) }}

)

select
    pool || '-' || cast(line as {{ dbt.type_string() }}) || '-' || coalesce(target, 'nobody') as row_id,
    cast(allocation_share as {{ dbt.type_string() }}) as allocation_share,
    cast(cost as {{ dbt.type_string() }}) as cost
from parts
